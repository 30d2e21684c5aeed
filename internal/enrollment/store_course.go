package enrollment

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

func insertCourse(ctx context.Context, tx bun.IDB, hash string, archive []byte, at time.Time) error {
	_, err := tx.NewRaw(`INSERT INTO courses (hash, archive, published_at) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING`,
		hash, archive, db.At(at)).Exec(ctx)
	return db.Check(err)
}

func courseArchive(ctx context.Context, idb bun.IDB, hash string) (archive []byte, err error) {
	err = idb.NewSelect().Table("courses").Column("archive").Where("hash = ?", hash).Scan(ctx, &archive)
	return archive, db.Check(err)
}

// lastCourse returns the hash of the course that came on record last, "" when
// there is none.
func lastCourse(ctx context.Context, idb bun.IDB) (hash string, err error) {
	err = db.Check(idb.NewSelect().Table("courses").Column("hash").OrderExpr("published_at DESC, hash").Limit(1).Scan(ctx, &hash))
	if errors.Is(err, db.ErrNone) {
		return "", nil
	}
	return hash, err
}

// coursesLike lists the hashes on record that begin with a text, at most two.
func coursesLike(ctx context.Context, idb bun.IDB, prefix string) (hashes []string, err error) {
	err = idb.NewSelect().Table("courses").Column("hash").Where("substr(hash, 1, ?) = ?", len(prefix), prefix).
		OrderExpr("hash").Limit(2).Scan(ctx, &hashes)
	return hashes, db.Check(err)
}

// publishEdition notes an edition unless it is there, and returns the hash
// that stands on record for it.
func publishEdition(ctx context.Context, tx bun.IDB, p *curriculum.Program, course string, at time.Time) (hash string, err error) {
	_, err = tx.NewRaw(`INSERT INTO program_editions (program, version, hash, published_at, course_hash) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (program, version) DO NOTHING`, p.Key, p.Version, p.Hash(), db.At(at), course).Exec(ctx)
	if err == nil {
		err = tx.NewSelect().Table("program_editions").Column("hash").
			Where("program = ? AND version = ?", p.Key, p.Version).Scan(ctx, &hash)
	}
	return hash, db.Check(err)
}

// editionCourse returns the hash of the course that brought an edition.
func editionCourse(ctx context.Context, idb bun.IDB, program string, version int) (hash string, err error) {
	err = idb.NewSelect().Table("program_editions").Column("course_hash").
		Where("program = ? AND version = ?", program, version).Scan(ctx, &hash)
	return hash, db.Check(err)
}

// versionsOf lists the versions of a program on record, oldest first.
func versionsOf(ctx context.Context, idb bun.IDB, program string) (versions []int, err error) {
	err = idb.NewSelect().Table("program_editions").Column("version").Where("program = ?", program).OrderExpr("version").Scan(ctx, &versions)
	return versions, db.Check(err)
}

func insertPublication(ctx context.Context, tx bun.IDB, p *Publication) error {
	_, err := tx.NewInsert().Model(p).Exec(ctx)
	return db.Check(err)
}

// lastPublication returns the newest publication. Without any it is
// db.ErrNone.
func lastPublication(ctx context.Context, idb bun.IDB) (*Publication, error) {
	p := new(Publication)
	return p, db.Check(idb.NewSelect().Model(p).OrderExpr("seq DESC").Limit(1).Scan(ctx))
}

// laterPublications lists what was published after a course came on record and
// after it was itself published last, oldest first.
func laterPublications(ctx context.Context, idb bun.IDB, hash string) (rows []*Publication, err error) {
	err = idb.NewSelect().Model(&rows).
		Where("seq > coalesce((SELECT max(seq) FROM course_publications WHERE course_hash = ?), 0)", hash).
		Where("published_at >= (SELECT published_at FROM courses WHERE hash = ?)", hash).OrderExpr("seq").Scan(ctx)
	return rows, db.Check(err)
}

func insertAcceptance(ctx context.Context, tx bun.IDB, a *Acceptance) error {
	_, err := tx.NewInsert().Model(a).Exec(ctx)
	return db.Check(err)
}

// acceptances returns the first acceptance of each module content.
func acceptances(ctx context.Context, idb bun.IDB, contents []string) (map[string]*Acceptance, error) {
	var rows []*Acceptance
	err := idb.NewSelect().Model(&rows).Where("content_hash IN (?)", bun.List(contents)).OrderExpr("accepted_at DESC, course_hash DESC").Scan(ctx)
	all := make(map[string]*Acceptance, len(rows))
	for _, a := range rows {
		all[a.ContentHash] = a
	}
	return all, db.Check(err)
}
