$(WORKBIN): tests/workload/truth.h
