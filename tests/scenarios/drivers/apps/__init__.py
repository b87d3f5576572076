"""Small applications for the web-app seat."""
