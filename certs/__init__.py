"""The test PKI, issuing side only: SGP.26-shaped certificates with their private keys, CRLs, variants, broken ones.

Nothing here judges a chain; each role does that for itself.
"""
