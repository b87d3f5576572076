"""An authorization server that is right unless told otherwise: Frame.io's, by default."""
