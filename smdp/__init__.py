"""The servers of remote SIM provisioning: SM-DP+ (ES2+, ES8+, ES9+) and SM-DS (ES11, ES12)."""
