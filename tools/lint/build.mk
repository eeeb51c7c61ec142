# tools/lint/build.mk
