"""The management REST API, base /api/v1/esim: a thin layer of HTTP over `lab.managers`.

| module | what |
|---|---|
| `app.py` | `application(management) -> web.Application`, to which console and metrics add their routes |
| `serving.py` | the listener: socket, TLS, and what the command line says |
| `routing.py` | `Route`, `Call`, `Answer`: one row a method and path; OpenAPI is made from the rows |
| `pipeline.py` | what happens to every call: request id, key, scope, body, idempotency, rate limit, handler |
| `profiles.py` `devices.py` `activation_codes.py` `operations.py` | `ROUTES` of one resource each |
| `webhooks.py` `keys.py` `audit.py` | the same |
| `models.py` `models_admin.py` | bodies (pydantic, unknown fields refused) |
| `errors.py` | codes, statuses, bodies of errors; what an RSP refusal becomes |
| `auth.py` | keys, roles, scopes |
| `rate_limit.py` `idempotency.py` `pagination.py` | as their names say |
| `openapi.py` `page.py` | /openapi.json and the page that shows it |
"""
