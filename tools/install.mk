# tools/install.mk
