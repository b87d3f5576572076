"""The seats in which an application under test can sit."""
