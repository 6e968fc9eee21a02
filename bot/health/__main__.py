"""`python -m bot.health` asks the process of this machine whether it is alive: status 0 or 1, for a container."""

from __future__ import annotations

import http.client
import os
import sys
from http import HTTPStatus
from typing import Final

from bot.errors import OperatorError
from bot.policy.texts import say
from bot.settings import Settings, home, read_env_file

_SECONDS: Final = 5.0

_HERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - who listens everywhere listens here too


def main() -> int:
    """Ask /livez, and return 0 when it says yes or nothing is to tell, 1 when it does not, 2 for a wrong setting."""
    try:
        where = Settings.read(read_env_file(home() / ".env") | dict(os.environ)).verbatim_health
    except OperatorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if where is None:
        sys.stderr.write(f"{say('health.off')}\n")
        return 0
    host, port = where
    connection = http.client.HTTPConnection(_HERE.get(host, host), port, timeout=_SECONDS)
    try:
        connection.request("GET", "/livez")
        alive = connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        alive = False
    finally:
        connection.close()
    sys.stderr.write(f"{say('health.alive') if alive else say('health.not-alive', host=host, port=port)}\n")
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main())
