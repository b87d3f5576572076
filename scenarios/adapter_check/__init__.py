"""Whether an adapter keeps to its protocol: `oauthspec adapter check`."""
