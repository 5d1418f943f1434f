"""The server of the search page, put together from its parts."""

import logging
from collections.abc import Collection, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from teachtext.errors import TeachTextError
from teachtext.search.page.guard import Guard
from teachtext.search.page.routes import router
from teachtext.search.page.served import ServedModels
from teachtext.search.searcher import Searcher

log = logging.getLogger(__name__)


def make_app(searchers: Sequence[Searcher], *, names: Collection[str] = ()) -> ASGIApp:
    """The server, to be run by uvicorn or another ASGI server.

    Args:
        searchers: Searchers of models with different names, in the order of the page.
        names: Host names by which browsers may address the server, besides its address and
            ``localhost``.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.served = ServedModels(searchers)
    app.include_router(router)
    for kind in (HTTPException, RequestValidationError, TeachTextError, Exception):
        app.add_exception_handler(kind, _tell)
    return Guard(app, names=names)


def _tell(request: Request, error: Exception) -> JSONResponse:
    """What went wrong, in one line."""
    match error:
        case HTTPException():
            return _line(error.status_code, error.detail)
        case RequestValidationError():
            problems = (f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
            return _line(400, "; ".join(problems))
        case TeachTextError():
            return _line(409, str(error))
    log.error("%s failed", request.url.path, exc_info=error)
    return _line(500, "The server failed; what it printed says why.")


def _line(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": " ".join(message.split())}, status_code=status)
