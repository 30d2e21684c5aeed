# What CI runs is `make check`. Everything here works with Go alone; tests that
# need PostgreSQL or Redis say so when they are left out.

.PHONY: check fmt vet lint test race race-core vuln fuzz faults exam-faults queries bench bench-exam build image

check: fmt vet lint race-core vuln

fmt:
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi

vet:
	go vet ./...

lint:
	go tool staticcheck ./...
	go tool unparam ./...

test:
	go test ./...

race:
	go test -race -timeout 30m ./...

# What runs side by side in one process. The whole suite under the detector
# takes longer than CI may; `make race` is for before a release.
RACE_CORE = together access db kv lease outbox once audit edge
RACE_QUIZ = Sav|HandIn|Process|Hundred|Fifty|Many|Queue|Batch|Stopp|Live|Near|Mark|Fed|Feed|Watch|Shows|Left|Arrive|PassEach|Elsewhere|Meets|Race

race-core:
	go test -race -timeout 15m $(addprefix ./internal/,$(RACE_CORE))
	go test -race -timeout 15m ./internal/quiz -run '$(RACE_QUIZ)'

# The vulnerability database is read from a folder where one is at hand, and
# from the network only when asked to: make vuln VULNDB=https://vuln.go.dev
VULNDB ?= $(if $(wildcard ../shared/vulndb),file://$(abspath ../shared/vulndb))

vuln:
	@if [ -n "$(VULNDB)" ]; then go tool govulncheck -db "$(VULNDB)" ./...; \
	else echo "vuln: left out, no database at hand (set VULNDB)"; fi

# Every parser of outside text, a while each: make fuzz FUZZTIME=60s
FUZZTIME ?= 10s

fuzz:
	@for pkg in $$(grep -rl '^func Fuzz' --include=*_test.go internal | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -h -o '^func Fuzz[A-Za-z0-9_]*' $$pkg/*_test.go | sed 's/func //'); do \
	    echo "$$pkg $$f"; go test ./$$pkg -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s || exit 1; \
	  done; done

# The fault rehearsal in full: at least ACKS acknowledged answers in each
# scenario, outages as long as they are promised to be survived, and the table
# of docs/faults.md at the end. go test ./internal/rehearsal is the short form.
# It starts servers of its own; the full disks need root.
ACKS ?= 10000

faults:
	go test ./internal/rehearsal -count=1 -timeout 120m -v -faults.acks=$(ACKS)

# An exam with a Redis kill and a PostgreSQL restart in the middle.
TRAINEES ?= 500

exam-faults:
	TRAINEES=$(TRAINEES) go test ./internal/rehearsal -run TestAnExamSurvivesBothStores -count=1 -timeout 60m -v -faults.acks=$(ACKS)

# docs/queries.md, from what is asked today and how both databases run it.
queries:
	CI=true go test ./internal/app -run TestThePageOfQueriesIsTrue -count=1 -queries.write

build:
	CGO_ENABLED=0 go build -trimpath -o kapstone ./cmd/kapstone

# The tables of docs/performance.md, from this machine. The servers are named
# by DATABASE_URL and REDIS_URL, or are those of 127.0.0.1. It takes about a
# quarter of an hour; let nothing else run meanwhile.
# make bench SCENARIO=save ROUNDS=3
SCENARIO ?= all
ROUNDS ?= 5

bench: build
	@./kapstone bench $(SCENARIO) --rounds $(ROUNDS) --markdown

# An exam, in both homes: make bench-exam TRAINEES=2000 EXAM="--duration 10m"
TRAINEES ?= 500
EXAM ?= --duration 5m

bench-exam: build
	@./kapstone bench exam --home P --trainees $(TRAINEES) $(EXAM) --markdown
	@./kapstone bench exam --home E --trainees $(TRAINEES) $(EXAM) --markdown

image:
	docker build -t kapstone .
