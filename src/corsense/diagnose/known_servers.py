"""Well-known servers with a list of origins of their own, recognised by the address: no CORSMiddleware changes what they answer.

Each entry is one line: what the address looks like, what people call the server, and the setting; its source stands behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLAIN_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.:-]+")


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A server that is recognised by its address. `address` is searched in `host:port/path`; `setting` is what to write, with
    `{origin}` for the page's origin."""

    title: str
    address: re.Pattern[str]
    setting: str

    def write(self, origin: str) -> str:
        """What to write so that the server allows `origin`. What is no plain origin is not put into a command that may be pasted
        into a shell: an example stands for it."""
        return self.setting.replace("{origin}", origin if _PLAIN_ORIGIN.fullmatch(origin) else "https://app.example.com")


def _server(title: str, address: str, setting: str) -> KnownServer:
    return KnownServer(title, re.compile(address), setting)


# The words behind an entry are its source: a page of the server's documentation.
_SERVERS = (
    _server("Ollama", r":11434/", "OLLAMA_ORIGINS={origin} ollama serve"),  # FAQ
    _server(
        "LM Studio", r":1234/v1/", "lms server start --cors, which lets every page in, because it has no list"
    ),  # lms server start
    _server("ComfyUI", r":8188/", "python main.py --enable-cors-header {origin}"),  # cli_args.py
    _server("the web UI of Stable Diffusion", r"/sdapi/v\d/", "--cors-allow-origins={origin}"),  # AUTOMATIC1111 wiki
    _server(  # configuration
        "Chroma", r"/api/v[12]/(?:heartbeat|pre-flight-checks)\b", "CHROMA_SERVER_CORS_ALLOW_ORIGINS='[\"{origin}\"]'"
    ),
    _server("MLflow", r"/(?:ajax-)?api/2\.0/mlflow/", "mlflow server --cors-allowed-origins {origin}"),  # security
    _server(  # Jupyter Server, config file
        "Jupyter",
        r":88\d\d/api/(?:kernels|kernelspecs|contents|sessions|terminals)\b",
        'jupyter server --ServerApp.allow_origin="{origin}"',
    ),
    _server(  # server administration, basic settings of clients
        "Keycloak",
        r"/realms/[^/]+/(?:protocol/|\.well-known/|account\b)",
        "Keycloak's admin console, Clients, this client, Web origins: add {origin}",
    ),
    _server(  # application settings
        "Auth0",
        r"\.auth0\.com(?::\d+)?/(?:oauth/|userinfo|\.well-known/|passwordless/|co/)",
        "Auth0's dashboard, Applications, Settings: add {origin} to Allowed Web Origins and Allowed Origins (CORS)",
    ),
    _server(  # enable CORS
        "Okta",
        r"\.okta(?:preview|-emea)?\.com(?::\d+)?/(?:oauth2/|api/)",
        "Okta's admin console, Security, API, Trusted Origins: add {origin} for CORS",
    ),
    _server(  # single-page applications, app registration
        "Microsoft Entra ID",
        r"^login\.microsoftonline\.com(?::\d+)?/.+/oauth2/(?:v2\.0/)?token",
        "the app registration, Authentication: give the redirect URI of {origin} the platform Single-page application",
    ),
    _server(  # CORS configuration of a bucket
        "Amazon S3",
        r"^(?:[^/]+\.)?s3[.-](?:[\w-]+\.)?amazonaws\.com(?::\d+)?/",
        "aws s3api put-bucket-cors, with AllowedOrigins {origin}",
    ),
    _server(  # CORS configuration
        "Google Cloud Storage",
        r"^(?:[^/]+\.)?storage\.googleapis\.com(?::\d+)?/",
        "gcloud storage buckets update gs://BUCKET --cors-file=cors.json, with the origin {origin}",
    ),
    _server(  # az storage cors
        "Azure Blob Storage",
        r"^[^/]+\.blob\.core\.windows\.net(?::\d+)?/",
        "az storage cors add --services b --methods GET PUT OPTIONS --origins {origin}",
    ),
    _server(  # HTTP settings
        "Elasticsearch", r":9200/", 'http.cors.enabled: true and http.cors.allow-origin: "{origin}" in elasticsearch.yml'
    ),
    _server("CouchDB", r":5984/", "origins = {origin} in the section [cors], and enable_cors = true"),  # CORS
    _server("RabbitMQ", r":15672/api/", "management.cors.allow_origins.1 = {origin} in rabbitmq.conf"),  # management
    _server("Prometheus", r":9090/api/v1/(?:query|labels?|series|targets)", "prometheus --web.cors.origin='{origin}'"),  # flags
    _server("Home Assistant", r":8123/api/", "cors_allowed_origins: [{origin}] below http: in configuration.yaml"),  # HTTP
)


def known_server(url: str | None) -> KnownServer | None:
    """The server that an address is known to belong to; None for any other address."""
    address = (url or "").partition("?")[0].partition("#")[0].partition("://")[2]
    return next((server for server in _SERVERS if server.address.search(address)), None) if address else None
