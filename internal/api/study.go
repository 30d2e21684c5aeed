package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/study"
)

type moduleView struct {
	ID               string `json:"id"`
	Title            string `json:"title"`
	Summary          string `json:"summary"`
	LessonsTotal     int    `json:"lessons_total"`
	LessonsCompleted int    `json:"lessons_completed"`
	ResumeLesson     string `json:"resume_lesson" doc:"the first lesson not completed; empty when all are"`
	QuizItems        int    `json:"quiz_items"`
	QuizMinutes      int    `json:"quiz_minutes"`
	Reviewed         bool   `json:"clinically_reviewed" doc:"a clinician has reviewed the module"`
}

func viewModule(m study.Module) moduleView {
	v := moduleView{
		ID: string(m.Key), Title: m.Title, Summary: m.Summary, LessonsTotal: len(m.Lessons), LessonsCompleted: m.Completed,
		QuizItems: m.Quiz.Draw, QuizMinutes: m.Quiz.Minutes, Reviewed: m.Reviewed(),
	}
	if m.Resume != nil {
		v.ResumeLesson = string(m.Resume.ID)
	}
	return v
}

type moduleDetailView struct {
	moduleView
	ReviewNote string        `json:"review_note"`
	Objectives []string      `json:"objectives"`
	Lessons    []lessonEntry `json:"lessons"`
}

type lessonEntry struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Minutes     int        `json:"minutes"`
	OpenedAt    *time.Time `json:"opened_at"`
	CompletedAt *time.Time `json:"completed_at"`
}

func viewLesson(l study.Lesson) lessonEntry {
	return lessonEntry{string(l.ID), l.Title, l.Minutes, moment(l.OpenedAt), moment(l.CompletedAt)}
}

func viewModuleDetail(m *study.Module) moduleDetailView {
	v := moduleDetailView{moduleView: viewModule(*m), ReviewNote: m.ReviewNote, Objectives: []string{}, Lessons: []lessonEntry{}}
	for _, o := range m.Objectives {
		v.Objectives = append(v.Objectives, o.Text)
	}
	for _, l := range m.Lessons {
		v.Lessons = append(v.Lessons, viewLesson(l))
	}
	return v
}

type lessonView struct {
	lessonEntry
	Reviewed    bool             `json:"clinically_reviewed" doc:"a clinician has reviewed the lesson's module"`
	Notice      string           `json:"notice,omitempty" doc:"show it with the lesson"`
	HTML        string           `json:"html" doc:"the lesson's text, sanitized, with its figures as inline SVG"`
	Sources     []sourceView     `json:"sources"`
	Corrections []correctionView `json:"corrections" doc:"what courses published later have otherwise; oldest first"`
}

// notReviewed stands on every lesson of a module that no clinician reviewed.
const notReviewed = "Not clinically reviewed."

type correctionView struct {
	PublishedAt time.Time `json:"published_at"`
	Note        string    `json:"note" doc:"what was corrected, in the publisher's words"`
}

type noticeView struct {
	Module string `json:"module"`
	Lesson string `json:"lesson"`
	Title  string `json:"title"`
	correctionView
}

func viewCorrection(c enrollment.Correction) noticeView {
	return noticeView{string(c.Module), string(c.Lesson), c.Title, correctionView{c.PublishedAt.Time, c.Note}}
}

func viewOpened(l *study.Lesson) lessonView {
	v := lessonView{lessonEntry: viewLesson(*l), Reviewed: l.Reviewed, HTML: l.HTML, Sources: []sourceView{}, Corrections: []correctionView{}}
	if !l.Reviewed {
		v.Notice = notReviewed
	}
	for _, s := range l.Sources {
		v.Sources = append(v.Sources, sourceView{s.Key, s.What, s.Confidence})
	}
	for _, c := range l.Corrections {
		v.Corrections = append(v.Corrections, correctionView{c.PublishedAt.Time, c.Note})
	}
	return v
}

type sourceView struct {
	Key        string `json:"key"`
	What       string `json:"what"`
	Confidence string `json:"confidence" enum:"A,B,C,M"`
}

// ByModule is a path with an {id} and a {module}.
type ByModule struct {
	ByID
	Module string `path:"module" maxLength:"40"`
}

type lessonInput struct {
	ByModule
	Lesson string `path:"lesson" maxLength:"40"`
}

func (a *API) studyRoutes() {
	modules := Base + "/enrollments/{id}/modules"
	handle(a, Route{Method: "GET", Path: modules, ID: "list-modules", Act: access.Study, tag: "study", summary: "List the modules of your enrollment"},
		func(ctx context.Context, in *ByID) (*listOf[moduleView], error) {
			rows, err := a.Study.Modules(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewModule), nil
		})
	handle(a, Route{Method: "GET", Path: modules + "/{module}", ID: "module", Act: access.Study, tag: "study", summary: "One module with its lessons"},
		func(ctx context.Context, in *ByModule) (*reply[moduleDetailView], error) {
			m, err := a.Study.Module(ctx, in.ID, curriculum.ModuleKey(in.Module))
			if err != nil {
				return nil, err
			}
			return &reply[moduleDetailView]{viewModuleDetail(m)}, nil
		})
	handle(a, Route{Method: "GET", Path: modules + "/{module}/lessons/{lesson}", ID: "lesson", Act: access.Study, tag: "study", summary: "Read a lesson"},
		func(ctx context.Context, in *lessonInput) (*reply[lessonView], error) {
			l, err := a.Study.Open(ctx, in.ID, curriculum.ModuleKey(in.Module), curriculum.LessonID(in.Lesson))
			if err != nil {
				return nil, err
			}
			return &reply[lessonView]{viewOpened(l)}, nil
		})
	handle(a, Route{Method: "PUT", Path: modules + "/{module}/lessons/{lesson}/completion", ID: "complete-lesson", Act: access.Study, tag: "study", summary: "Mark a lesson complete"},
		func(ctx context.Context, in *lessonInput) (*reply[lessonEntry], error) {
			l, err := a.Study.Complete(ctx, in.ID, curriculum.ModuleKey(in.Module), curriculum.LessonID(in.Lesson))
			if err != nil {
				return nil, err
			}
			return &reply[lessonEntry]{viewLesson(*l)}, nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/enrollments/{id}/notices", ID: "list-notices", Act: access.Study, tag: "study", summary: "What was corrected in lessons you have completed"},
		func(ctx context.Context, in *ByID) (*listOf[noticeView], error) {
			rows, err := a.Study.Notices(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewCorrection), nil
		})
}
