# docs/build.mk
