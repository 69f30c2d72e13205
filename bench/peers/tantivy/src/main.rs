//! The party of KIND=lexical that is tantivy, without Python between: it indexes docs.txt, a
//! document of words between spaces on each line, then answers the questions of each shape.
//! What it prints and leaves is described in contest/contest.go.
//!
//! Two ways to ask: the question parsed by tantivy's own parser, and a query of its terms
//! that was made before the clock starts.

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process,
};
use tantivy::{
    collector::TopDocs,
    query::{BooleanQuery, Occur, Query, QueryParser, TermQuery},
    schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    Index, ReloadPolicy, Searcher, TantivyDocument, Term,
};

const SHAPES: [&str; 4] = ["content", "question", "two", "one"];
const WIDTH: usize = 10;
// As in contest/child.go.
const WARM: usize = 20;
const PASSES: usize = 3;
const BUDGET_US: f64 = 3e6;
// So large that one segment holds everything: then a document's number in it is its line.
const HEAP: usize = 3_500_000_000;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
}

/// Processor time of all threads of this process, in microseconds.
fn clock() -> f64 {
    const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;
    let mut t = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the layout is that of Linux on 64 bits, and t outlives the call.
    let failed = unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    assert_eq!(failed, 0, "clock_gettime");
    t.seconds as f64 * 1e6 + t.nanoseconds as f64 / 1e3
}

fn build(home: &Path) -> tantivy::Result<(Index, Field, usize)> {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqs);
    let body = schema.add_text_field("body", TextOptions::default().set_indexing_options(indexing));
    let folder = home.join(format!("tantivy-{}", process::id()));
    fs::create_dir(&folder)?;
    let from = clock();
    let index = Index::create_in_dir(&folder, schema.build())?;
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, HEAP)?;
    let mut count = 0;
    for line in BufReader::new(fs::File::open(home.join("docs.txt"))?).lines() {
        let mut document = TantivyDocument::default();
        document.add_text(body, line?);
        writer.add_document(document)?;
        count += 1;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    let took = clock() - from;
    let mut bytes = 0;
    for file in fs::read_dir(&folder)? {
        bytes += file?.metadata()?.len();
    }
    println!(
        r#"{{"step":"build","version":"0.27.0","values":{{"rate":{{"value":{},"unit":"documents/s"}},"index":{{"value":{},"unit":"bytes"}}}}}}"#,
        count as f64 / took * 1e6,
        bytes
    );
    Ok((index, body, count))
}

/// Times ask for each question and leaves answers and times as files.
fn search(home: &Path, param: &str, count: usize, mut ask: impl FnMut(usize) -> tantivy::Result<Vec<i64>>) -> tantivy::Result<()> {
    for q in 0..count.min(WARM) {
        ask(q)?;
    }
    let mut answers = vec![-1i64; count * WIDTH];
    let mut times: Vec<f64> = Vec::new();
    let mut passes = 0;
    while passes < PASSES && (passes == 0 || times.iter().sum::<f64>() < BUDGET_US) {
        for q in 0..count {
            let from = clock();
            let rows = ask(q)?;
            times.push(clock() - from);
            answers[q * WIDTH..(q + 1) * WIDTH].fill(-1);
            answers[q * WIDTH..q * WIDTH + rows.len()].copy_from_slice(&rows);
        }
        passes += 1;
    }
    let name: PathBuf = home.join(format!("tantivy-{}-{}", process::id(), param.replace([',', ' '], "-")));
    let (a, t) = (name.with_extension("answers"), name.with_extension("times"));
    fs::write(&a, answers.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
    fs::write(&t, times.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
    println!(
        r#"{{"step":"search","param":"{}","version":"0.27.0","answers":"{}","times":"{}","width":{},"passes":{}}}"#,
        param,
        a.display(),
        t.display(),
        WIDTH,
        passes
    );
    Ok(())
}

fn best(searcher: &Searcher, query: &dyn Query) -> tantivy::Result<Vec<i64>> {
    let hits = searcher.search(query, &TopDocs::with_limit(WIDTH).order_by_score())?;
    Ok(hits.iter().map(|(_, at)| at.doc_id as i64).collect())
}

fn of_terms(body: Field, question: &str) -> Box<dyn Query> {
    let term = |w| Box::new(TermQuery::new(Term::from_field_text(body, w), IndexRecordOption::WithFreqs)) as Box<dyn Query>;
    Box::new(BooleanQuery::new(question.split(' ').map(|w| (Occur::Should, term(w))).collect()))
}

fn main() -> tantivy::Result<()> {
    let home = PathBuf::from(env::args().nth(1).ok_or_else(|| io::Error::other("usage: tantivy-party FOLDER"))?);
    let (index, body, count) = build(&home)?;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    let searcher = reader.searcher();
    assert_eq!(searcher.segment_readers().len(), 1, "{count} documents are not in one segment: their numbers are not their lines");
    let parser = QueryParser::for_index(&index, vec![body]);
    for shape in SHAPES {
        let text = fs::read_to_string(home.join(format!("{shape}.txt")))?;
        let questions: Vec<&str> = text.lines().collect();
        search(&home, &format!("{shape}, parsed"), questions.len(), |q| best(&searcher, &*parser.parse_query(questions[q])?))?;
        let made: Vec<Box<dyn Query>> = questions.iter().map(|q| of_terms(body, q)).collect();
        search(&home, &format!("{shape}, prebuilt"), questions.len(), |q| best(&searcher, &*made[q]))?;
    }
    Ok(())
}
