# SPDX-License-Identifier: GPL-2.0-or-later
# make image   an image of ctop-trace with docker; ENGINE=podman or another, IMAGE=NAME

IMAGE  ?= ctop-trace:latest
ENGINE ?= docker

image-root: all
	$(Q)packaging/container/stage $(PROG) $(O)/image
image: image-root
	$(Q)$(ENGINE) build -t $(IMAGE) -f packaging/container/Dockerfile $(O)/image

.PHONY: image-root image
