"""The command `oauthspec`: thin and lazy, it imports what a verb needs and nothing else."""
