package evalscope

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// magic begins every SQLite database.
const magic = "SQLite format 3\x00"

// database is an open copy of the content.
type database struct {
	path string
	db   *sql.DB
}

// openDatabase copies the content to a temporary file and opens that.
func openDatabase(content io.Reader) (*database, error) {
	f, err := os.CreateTemp("", "evalscope-*.db")
	if err != nil {
		return nil, err
	}
	d := &database{path: f.Name()}
	if err = copyDatabase(f, content); err == nil {
		err = f.Close()
	} else {
		f.Close()
	}
	if err == nil {
		// Nothing else has the file, so that SQLite needs no locks and no
		// journal.
		uri := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(d.path), RawQuery: "mode=ro&immutable=1"}
		d.db, err = sql.Open("sqlite", uri.String())
	}
	if err != nil {
		d.close()
		return nil, err
	}
	d.db.SetMaxOpenConns(2) // the rows, and a question beside them
	return d, nil
}

// copyDatabase copies a database, and checks that it is whole by the size that
// its header states: SQLite itself does not miss pages that it does not visit.
func copyDatabase(w io.Writer, content io.Reader) error {
	header := make([]byte, 100)
	if n, err := io.ReadFull(content, header); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("%w: %d bytes, the header alone has %d", io.ErrUnexpectedEOF, n, len(header))
		}
		return err
	}
	if string(header[:len(magic)]) != magic {
		return errors.New("not an SQLite database")
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	n, err := io.Copy(w, content)
	if err != nil {
		return err
	}
	if n += int64(len(header)); n != size(header) && size(header) > 0 {
		return fmt.Errorf("%w: %d bytes, the header states %d", io.ErrUnexpectedEOF, n, size(header))
	}
	return nil
}

// size returns the size that the header of a database states, or 0 if it
// states none that is to be trusted: see "The Database File Format", §1.3.7.
func size(header []byte) int64 {
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 1 << 16
	}
	changed, valid := binary.BigEndian.Uint32(header[24:]), binary.BigEndian.Uint32(header[92:])
	if changed != valid {
		return 0
	}
	return page * int64(binary.BigEndian.Uint32(header[28:]))
}

// columns returns the names of the columns of the table.
func (d *database) columns() ([]string, error) {
	rows, err := d.db.Query("SELECT name FROM pragma_table_info('result')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no table \"result\": not a database of evalscope perf")
	}
	return names, nil
}

// earliest returns the earliest start of a request, 0 if none has one.
func (d *database) earliest() (float64, error) {
	var v any
	if err := d.db.QueryRow("SELECT min(start_time) FROM result WHERE start_time > 0").Scan(&v); err != nil {
		return 0, err
	}
	start, _, err := number(v)
	return start, err
}

// all returns the rows in the order in which the tool wrote them. It removes
// the file where an open one can be removed.
func (d *database) all() (*sql.Rows, error) {
	rows, err := d.db.Query("SELECT * FROM result ORDER BY rowid")
	if err == nil {
		os.Remove(d.path)
	}
	return rows, err
}

func (d *database) close() {
	if d.db != nil {
		d.db.Close()
	}
	os.Remove(d.path)
}
