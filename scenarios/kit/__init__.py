"""Test peers that judge and derive on their own, and can lie: an eUICC for servers, a server for eUICCs and LPAs."""
