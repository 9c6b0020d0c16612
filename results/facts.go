package results

import "fmt"

import "strings"

// Fact is something that the file says about the setup of a run, under the
// file's own name: "model_id", "request_rate", the tool's version, what a user
// passed with --metadata. Value is the text of the file: a number is written
// as it is there, and a rate without limit is "inf" or "Infinity".
type Fact struct {
	Name, Value string
}

// Fact returns the fact of that name, and whether there is one.
func (r *Run) Fact(name string) (string, bool) {
	for _, f := range r.Facts {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// FactKind says what a [Fact] is about, whatever its name.
type FactKind uint8

const (
	FactModel          FactKind = iota
	FactTokenizer               // with which tokens were counted
	FactEngine                  // the serving system; the protocol of its endpoint is none
	FactHardware                // accelerators
	FactRequestRate             // requested requests/s
	FactMaxConcurrency          // limit of requests in flight
	FactArrivals                // process of arrivals: constant, Poisson, burstiness
	FactWorkload                // data set, or the lengths asked for
	FactWarmup                  // what was done before measuring
	FactObjective               // service level objective
	FactBaseline                // what a baseline was compared, and how it was tuned
	FactDate
	FactToolVersion
)

// factNames holds, for each kind, the names that tools use, the most telling
// first.
var factNames = [...][]string{
	FactModel:          {"model_id", "model", "model_name", "backend.model", "api_model_name", "server_info.served_model_name", "server_info.model_path", "target", "payload.model", "endpoint.model_names"},
	FactTokenizer:      {"tokenizer_id", "tokenizer", "tokenizer.model", "server_model_tokenizer", "server_info.tokenizer_path", "tokenizer.name"},
	FactEngine:         {"server_engine", "engine", "server", "vllm_version", "endpoint_type", "backend", "sut_name", "SUT name"},
	FactHardware:       {"hardware", "hardware.device_name", "accelerator", "gpu", "gpu_name", "server_gpu_type"},
	FactRequestRate:    {"request_rate", "requested_rate", "load_summary.requested_rate", "strategy.rate", "target_qps", "experiment.request_rate", "loadgen.request_rate", "effective_target_qps"},
	FactMaxConcurrency: {"max_concurrency", "num_concurrency", "concurrency", "strategy.max_concurrency", "load_summary.concurrency", "experiment.concurrency", "loadgen.concurrency"},
	FactArrivals:       {"arrival_process", "burstiness", "strategy.type_", "profile.kind", "loadgen.request_rate_mode", "effective_scenario", "Scenario"},
	FactWorkload:       {"dataset_name", "dataset", "dataset_path", "traffic_scenario", "scenario", "data.kind"},
	FactWarmup:         {"warmup", "num_warmups", "warmup_duration", "warmup_requests", "loadgen.warmup_request_count"},
	FactObjective:      {"slo", "goodput_config", "objective", "requested_server_ttft_latency", "ttft_latency (ns)"},
	FactBaseline:       {"baseline", "baselines"},
	FactDate:           {"date", "started_at", "start_time", "test_datetime"},
	FactToolVersion:    {"version", "guidellm_version", "loadgen_version", "benchmark_version", "tool_version", "aiperf_version"},
}

// Stated returns what the file says about the kind, under whichever of the
// tools' names, and whether it says anything: a fact that is empty or "None"
// does not count, nor does an endpoint like that of OpenAI, which every engine
// has.
func (r *Run) Stated(kind FactKind) (Fact, bool) {
	if int(kind) >= len(factNames) {
		return Fact{}, false
	}
	for _, name := range factNames[kind] {
		value, ok := r.Fact(name)
		if kind == FactEngine && strings.HasPrefix(value, "openai") {
			continue
		}
		if ok && value != "" && value != "None" {
			return Fact{name, value}, true
		}
	}
	return Fact{}, false
}

// distinct gives facts of one name names of their own: in a file "a.b" and the
// "b" within "a" can both be there. The first keeps its name.
func distinct(facts []Fact) []Fact {
	last := make(map[string]int, len(facts)) // number given to a name
	for i := range facts {
		name := facts[i].Name
		for last[facts[i].Name] > 0 {
			last[name]++
			facts[i].Name = fmt.Sprintf("%s (%d)", name, last[name])
		}
		last[facts[i].Name] = 1
	}
	return facts
}
