"""Xero: consent for one organisation at a time, tokens that rotate, connections, and a little of the API."""
