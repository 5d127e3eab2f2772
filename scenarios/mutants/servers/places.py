"""The modules of the SM-DP+ and the SM-DS that are broken, by a short name."""

_CORE = "smdp.core."
AUTH, COMMON, DOWNLOAD = _CORE + "authentication", _CORE + "common_authentication", _CORE + "download"
CANCEL, NOTIFY, PROCEDURE = _CORE + "cancel", _CORE + "notifications", _CORE + "procedure"
ELIGIBILITY, ES2, STATES, TRUST = _CORE + "eligibility", _CORE + "es2", _CORE + "states", _CORE + "trust"
CERTIFICATES, BSP, SIGNED, SMDS = _CORE + "certificates", _CORE + "bsp", _CORE + "signed", _CORE + "smds"
ES12, JSON, CODES = "smdp.web.es12", "smdp.web.json_binding", _CORE + "settings"
