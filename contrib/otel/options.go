package otel

import (
	"errors"
	"fmt"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// Role says which side of a request an [Observer] measures.
type Role uint8

// The roles. The zero Role is the server's.
const (
	ServerRole Role = iota // gen_ai.server.*, under [Server]
	ClientRole             // gen_ai.client.*, under [Client]
)

// String returns the role's name.
func (r Role) String() string {
	switch r {
	case ServerRole:
		return "server"
	case ClientRole:
		return "client"
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// Options says what an [Observer] exports. The zero Options are a server's,
// without deadlines and objective, and with the idle latency of a reader of 5
// tokens/s.
type Options struct {
	Role Role

	// NoChunks leaves out gen_ai.client.operation.time_per_output_chunk,
	// the only instrument whose cost grows with the answer.
	NoChunks bool

	// Deadlines of the fluidity index; none if its Decode is 0.
	Deadlines fluidity.Deadlines

	// Goodput says who reads, for tokentime.idle_latency and
	// tokentime.smooth.*.
	Goodput goodput.Options

	// Objective has parts about one request, which tokentime.slo.requests
	// judges under metrics.Paper; none if it is zero. Parts about many, such
	// as p99(ttft), are a query's matter and are not evaluated.
	Objective slo.Objective
	Undefined slo.Policy // what an undefined part counts as
}

// What can be wrong with options; an [*OptionError] says with which.
var (
	ErrRange    = errors.New("out of range")
	ErrRequired = errors.New("required by the semantic conventions")
)

// OptionError reports an option that makes no sense.
type OptionError struct {
	Option string // such as "Role"
	Err    error  // wraps one of the Err variables, or an error of fluidity, goodput or slo
}

func (e *OptionError) Error() string { return fmt.Sprintf("otel: option %s: %v", e.Option, e.Err) }

// Unwrap returns e.Err.
func (e *OptionError) Unwrap() error { return e.Err }

// Validate reports the first option that makes no sense as an [*OptionError],
// or nil.
func (o *Options) Validate() error {
	if o.Role > ClientRole {
		return &OptionError{"Role", fmt.Errorf("%w: %v", ErrRange, o.Role)}
	}
	if o.scored() {
		if err := o.Deadlines.Validate(); err != nil {
			return &OptionError{"Deadlines", err}
		}
	}
	if err := o.Goodput.Validate(); err != nil {
		return &OptionError{"Goodput", err}
	}
	if parts := o.Objective.Parts(); len(parts) > 0 && !o.judged() {
		return &OptionError{"Objective", fmt.Errorf("%w: %v", slo.ErrNothing, o.Objective)}
	}
	return nil
}

// scored reports whether there are deadlines.
func (o *Options) scored() bool { return o.Deadlines.Decode != 0 }

// judged reports whether the objective judges single requests.
func (o *Options) judged() bool {
	for _, p := range o.Objective.Parts() {
		if p.Scope == slo.PerRequest {
			return true
		}
	}
	return false
}

// exported reports whether the series exists under the options.
func (o *Options) exported(s series) bool {
	switch s {
	case chunk:
		return o.Role == ClientRole && !o.NoChunks
	case fluidityHits, fluidityMisses:
		return o.scored()
	case sloRequests, goodputTokens:
		return o.judged()
	}
	return s.definition(o.Role).name != ""
}

// counted reports whether absences of the kind are counted.
func (o *Options) counted(a absence) bool {
	switch a {
	case noScore:
		return o.scored()
	case noBenefit:
		return true
	}
	return o.exported(series(a))
}

func (o *Options) convention() metrics.Convention {
	if o.Role == ClientRole {
		return Client()
	}
	return Server()
}

func (o *Options) checker() slo.Checker {
	return slo.Checker{
		Objective: o.Objective,
		Scorer:    goodput.Scorer{Options: o.Goodput, Deadlines: o.Deadlines},
		Undefined: o.Undefined,
	}
}
