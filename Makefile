.PHONY: run test check generate requirements

run:
	python3 -m venv .venv && .venv/bin/pip install --require-hashes -r requirements.txt && .venv/bin/python run_bot.py

test:
	python3 -m venv .venv && .venv/bin/pip install --require-hashes -r requirements-test.txt && .venv/bin/python -m pytest

check:
	bash .ci/run

generate:
	.venv/bin/python -m tests.generate
	RENEW_SNAPSHOTS=1 .venv/bin/python -m pytest -q -k look_as_reviewed tests/test_discord_render.py tests/test_slack_render.py

requirements:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.txt
	uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements-test.txt
