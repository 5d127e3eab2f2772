"""End-to-end behaviour: LPA, eUICC and SM-DP+ together."""
