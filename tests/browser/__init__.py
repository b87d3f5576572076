"""The pages in a browser: headless Chromium, driven by Debian's driver."""
