"""Why a descent stopped where it did: evidence → budget → findings → trials → verdict."""
