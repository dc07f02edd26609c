"""The laws of provider gateways, one file per ability; `provider_gateway` puts them together."""
