package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics/metricstest"
)

// Groups returns all vectors with their values.
func Groups() []metricstest.Group {
	var groups []metricstest.Group
	for _, t := range topics() {
		g := metricstest.Group{Format: metricstest.Format, Group: t.name, About: t.about}
		for _, r := range t.rows {
			g.Vectors = append(g.Vectors, r.vector(t.name))
		}
		groups = append(groups, g)
	}
	return groups
}

// topic is a group whose values are not computed yet.
type topic struct {
	name, about string
	rows        []row
}

// row is a vector whose values are not computed yet.
type row struct {
	name, why string
	stream    stream
	change    func(*metricstest.Parameters) // of the default parameters; may be nil
}

// defaults returns the parameters of a row that does not change them.
func defaults() metricstest.Parameters {
	return metricstest.Parameters{
		PrefillDeadline: time.Second,
		DecodeDeadline:  100 * time.Millisecond,
		AttainmentTTFT:  time.Second,
		AttainmentTBT:   100 * time.Millisecond,
		PerToken:        200 * time.Millisecond,
		Alpha:           metricstest.Rational{Num: 5, Den: 2},
		QoETTFT:         time.Second,
		QoEPerToken:     200 * time.Millisecond,
	}
}

func (r *row) vector(group string) metricstest.Vector {
	v := metricstest.Vector{
		Name:       group + "/" + r.name,
		Why:        r.why,
		Stream:     metricstest.Stream(r.stream),
		Parameters: defaults(),
	}
	if r.change != nil {
		r.change(&v.Parameters)
	}
	v.Want = Compute(&v)
	return v
}

// Compute returns the values of the vector's stream under its parameters.
func Compute(v *metricstest.Vector) metricstest.Want {
	x, p := expand(v.Request()), &v.Parameters
	return metricstest.Want{
		Conventions:       x.values(),
		Fluidity:          x.fluidity(p),
		MinDecodeDeadline: x.minDecodeDeadline(),
		TokenAttainment:   x.tokenAttainment(p),
		IdleLatency: metricstest.IdleLatency{
			FromArrival:    x.idleLatency(x.arrival(), p),
			FromFirstToken: x.idleLatency(x.firstToken(), p),
		},
		Benefit: x.benefit(p),
		QoE:     x.qoe(p),
	}
}

// Encode returns the file of the group: one vector a line.
func Encode(g metricstest.Group) ([]byte, error) {
	var b bytes.Buffer
	text := json.NewEncoder(&b)
	text.SetEscapeHTML(false)
	fmt.Fprintf(&b, "{\"format\":%q,\"group\":%q,\n\"about\":", g.Format, g.Group)
	if err := text.Encode(g.About); err != nil {
		return nil, fmt.Errorf("generate: %s: %w", g.Group, err)
	}
	b.WriteString(",\"vectors\":[\n")
	for i := range g.Vectors {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := text.Encode(&g.Vectors[i]); err != nil {
			return nil, fmt.Errorf("generate: %s: %w", g.Vectors[i].Name, err)
		}
	}
	b.WriteString("]}\n")
	return b.Bytes(), nil
}
