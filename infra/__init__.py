"""Everything around the functions: migrations, the local launcher, the gateway, packaging and deployment."""
