package quiz

import (
	"context"
	"sync"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// The beats of a hall. Attempts that the feed names are counted at the next
// beat; who began, paused or handed in is seen every third; all is read anew
// every tenth, and every third while the feed is not to be relied on. So what
// is saved shows within a second with the feed, and within two without.
const (
	hallBeat   = 500 * time.Millisecond
	hallGlance = 3
	hallWhole  = 10
	hallLinger = 4 // beats that an empty hall stays, for those who come back
)

// A gallery is where quizzes are watched: a hall for each, shared by all who
// watch it in this process, so that SQL is asked once for all of them.
type gallery struct {
	s    *Service
	feed Feed
	ctx  context.Context // of what runs in the halls
	end  context.CancelFunc
	runs sync.WaitGroup

	mu     sync.Mutex
	halls  map[quizKey]*hall
	people map[string]int // who watches, in how many streams
	all    int            // streams
	quiet  func()         // ends the listening, nil while nobody does
	marks  marks
}

// A quizKey names a quiz that can be watched.
type quizKey struct {
	cohort string
	module curriculum.ModuleKey
}

// A seat is what somebody asks for who wants to watch.
type seat struct {
	person string
	cohort *enrollment.Cohort
	module curriculum.ModuleKey
}

func newGallery(s *Service, feed Feed) *gallery {
	g := &gallery{s: s, feed: feed, halls: make(map[quizKey]*hall), people: make(map[string]int)}
	g.ctx, g.end = context.WithCancel(context.Background())
	return g
}

// enter seats a watcher, in a hall that shows the quiz as SQL has it.
func (g *gallery) enter(ctx context.Context, st seat) (*Watcher, error) {
	h, err := g.take(st)
	if err != nil {
		return nil, err
	}
	w := &Watcher{g: g, hall: h, person: st.person}
	select {
	case <-h.ready:
		err = h.failed
	case <-ctx.Done():
		err = db.ErrAway.Because(ctx.Err())
	}
	if err != nil {
		w.Leave()
		return nil, err
	}
	return w, nil
}

// take counts a watcher in and returns their hall, opening it if need be.
func (g *gallery) take(st seat) (*hall, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.ctx.Err() != nil:
		return nil, ErrWatchOver
	case g.people[st.person] >= maxOwnStreams:
		return nil, ErrWatchOwn
	case g.all >= maxStreams:
		return nil, ErrWatchFull
	}
	key := quizKey{st.cohort.ID, st.module}
	h := g.halls[key]
	if h == nil {
		h = &hall{
			g: g, key: key, reader: newWatchReader(g.s, st.cohort, st.module, &g.marks),
			ready: make(chan struct{}), changed: make(chan struct{}), board: board{epoch: db.NewID()},
		}
		g.halls[key] = h
		if g.quiet == nil {
			g.quiet = g.feed.listen(g.marks.mark)
		}
		g.runs.Go(h.run)
	}
	h.watchers++
	g.people[st.person]++
	g.all++
	return h, nil
}

// leave counts a watcher out.
func (g *gallery) leave(h *hall, person string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h.watchers--
	g.all--
	if g.people[person]--; g.people[person] == 0 {
		delete(g.people, person)
	}
}

// shut closes a hall, unless somebody has come in and must is not set. The
// last one out ends the listening.
func (g *gallery) shut(h *hall, must bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if h.watchers > 0 && !must {
		return false
	}
	delete(g.halls, h.key)
	if len(g.halls) == 0 {
		g.quiet()
		g.quiet = nil
	}
	return true
}

// close sends everybody out and returns when nothing runs any more.
func (g *gallery) close() {
	g.mu.Lock()
	g.end()
	g.mu.Unlock()
	g.runs.Wait()
}

// A hall is where one quiz is watched.
type hall struct {
	g      *gallery
	key    quizKey
	reader *watchReader // of the goroutine that runs the hall

	ready  chan struct{} // closed when the first reading is there, or failed
	failed error         // of the first reading; to be read after ready

	watchers int // the gallery's lock holds it

	mu      sync.Mutex
	board   board
	changed chan struct{} // closed when board is another
}

// run reads the quiz until nobody has watched it for a while.
func (h *hall) run() {
	if h.failed = h.read(true, nil); h.failed != nil {
		h.g.shut(h, true)
		close(h.ready)
		return
	}
	close(h.ready)
	defer h.reader.keep(nil)
	beat := time.NewTicker(hallBeat)
	defer beat.Stop()
	behind, empty := false, 0
	for n := 1; ; n++ {
		select {
		case <-h.g.ctx.Done():
			h.g.shut(h, true)
			return
		case <-beat.C:
		}
		if empty++; h.seated() {
			empty = 0
		} else if empty >= hallLinger && h.g.shut(h, false) {
			return
		}
		// Others learn only by and by that somebody listens here: at first the
		// feed is not complete.
		blind := behind || n <= 2*hallGlance || !h.g.feed.whole()
		all, marked := n%hallWhole == 0 || blind && n%hallGlance == 0, h.reader.marked()
		if all || n%hallGlance == 0 || len(marked) > 0 {
			behind = h.read(all, marked) != nil
		}
	}
}

// seated reports whether somebody watches.
func (h *hall) seated() bool {
	h.g.mu.Lock()
	defer h.g.mu.Unlock()
	return h.watchers > 0
}

// read brings the board up to what SQL has. When that fails it stays, and its
// time says how old it is.
func (h *hall) read(all bool, marked []string) error {
	ctx, cancel := context.WithTimeout(h.g.ctx, writeTimeout)
	defer cancel()
	rows, err := h.reader.read(ctx, all, marked)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.board.version
	if h.board = h.board.with(rows, h.g.s.now()); h.board.version != before {
		close(h.changed)
		h.changed = make(chan struct{})
	}
	return nil
}

// look returns what the hall shows, and a channel that is closed when it shows
// something else.
func (h *hall) look() (board, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.board, h.changed
}

// A Watcher follows a live view. It is for one goroutine.
type Watcher struct {
	g      *gallery
	hall   *hall
	person string
	seen   int // the version of the view they have
	left   bool
}

// Next returns what changed since the View that Next or Watch's last named, as
// soon as something has. Views in between are left out: a watcher who is slow
// misses them and costs nothing. When ctx ends first, ok is false and the View
// has no rows, only its time. It returns ErrWatchOver when the server stops.
func (w *Watcher) Next(ctx context.Context) (v View, ok bool, err error) {
	for {
		b, changed := w.hall.look()
		if b.version != w.seen {
			v = b.after(w.seen)
			w.seen = b.version
			return v, true, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return View{AsOf: b.asOf}, false, nil
		case <-w.g.ctx.Done():
			return View{}, false, ErrWatchOver
		}
	}
}

// Leave ends the watching. A second time does nothing.
func (w *Watcher) Leave() {
	if !w.left {
		w.left = true
		w.g.leave(w.hall, w.person)
	}
}
