# Thin calls of ./run, which is all that is needed where make is missing.
.DEFAULT_GOAL := help
.PHONY: run test web lint bench proofs setup lock clean help

run:
	@./run serve $(ARGS)

test web lint bench proofs setup lock clean help:
	@./run $@ $(ARGS)
