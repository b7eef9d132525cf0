"""Sending webhooks to the addresses that applications name."""
