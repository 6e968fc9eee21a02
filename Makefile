.PHONY: run test figures check generate requirements

run:
	python3 -m venv .venv && .venv/bin/pip install --require-hashes --no-deps -r requirements.txt && .venv/bin/python run_bot.py

test:
	python3 -m venv .venv && .venv/bin/pip install --require-hashes --no-deps -r requirements-test.txt && .venv/bin/python -m pytest

figures:
	.venv/bin/python -m benchmarks.figures

check:
	bash .ci/run

generate:
	.venv/bin/python -m tests.generate
	RENEW_SNAPSHOTS=1 .venv/bin/python -m pytest -q -k look_as_reviewed tests/test_discord_render.py tests/test_slack_render.py

requirements:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.txt
	uv pip compile pyproject.toml --extra test -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements-test.txt
# What stands in requirements.txt word for word is taken from there.
	awk 'BEGIN { print "-r requirements.txt" } NR == FNR { if (/^[^ ]/) there[$$0]; next } \
		/^[^ ]/ { own = !($$0 in there) } own' requirements.txt requirements-test.txt > requirements-test.new
	mv requirements-test.new requirements-test.txt
