"""OAuth providers such as Xero and Google: their catalogue, and the gateway that talks to them."""
