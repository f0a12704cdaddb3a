"""How providers are spoken to: what all of them share. Each provider is one entry in ``engine/providers``."""
