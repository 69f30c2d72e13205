package text

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func termsIn(language, s string) []string {
	var t Tokens
	NewAnalyzer(language).Terms(&t, s)
	return list(&t)
}

// TestInflectedQuestionsFindInflectedTexts: every term of the question is one of the
// text, though no word stands in both in the same form; without the language's rules
// at least one is not.
func TestInflectedQuestionsFindInflectedTexts(t *testing.T) {
	for _, c := range []struct{ language, text, question string }{
		{"en", "She was painting the mountains.", "painted mountain"},
		{"da", "Hundene løber i haverne bag husene.", "haven hunden huset"},
		{"de", "Die Häuser standen an den schönsten Straßen.", "schöne Straße Haus"},
		{"es", "Los niños cantaban canciones en las montañas.", "cantando montaña niño"},
		{"fi", "Kävelimme taloissa ja kaduilla.", "talossa kadulla"},
		{"fr", "Les voisines chantaient des chansons anciennes.", "chanter chanson voisine"},
		{"ga", "Bhí na leabhair ar an mbord.", "bord"},
		{"hu", "A házakban laktak a barátaim.", "házak barátaimat"},
		{"it", "Le ragazze mangiavano le mele rosse.", "mangiare mela rossa ragazza"},
		{"nl", "De kinderen fietsten langs de grachten.", "gracht fietste"},
		{"no", "Båtene lå ved bryggene.", "båten bryggen"},
		{"pt", "As meninas compravam livros usados.", "comprar livro menina"},
		{"ro", "Prietenii au cumpărat cărțile vechi.", "carte prietene cumparat"},
		{"ru", "Мы читали интересные книги о старых городах.", "читал интересная книга город"},
		{"sv", "Flickorna köpte bilarna i städerna.", "flicka bil"},
		{"tr", "Çocuklar evlerde kitapları okudular.", "çocuk ev kitap"},
		{"ar", "قرأ المعلم الكتاب في المدرسة", "كتاب مدرسة معلم"},
		{"ta", "புத்தகங்கள் இருந்தன", "புத்தகம்"},
	} {
		text := termsIn(c.language, c.text)
		missing := func(have []string, want []string) (out []string) {
			for _, w := range want {
				if !slices.Contains(have, w) {
					out = append(out, w)
				}
			}
			return out
		}
		if lack := missing(text, termsIn(c.language, c.question)); len(lack) > 0 {
			t.Errorf("%s: %q: terms %q lack %q", c.language, c.text, text, lack)
		}
		if len(missing(termsIn(Plain, c.text), termsIn(Plain, c.question))) == 0 {
			t.Errorf("%s: %q is found in %q without any rules: the pair tests nothing", c.language, c.question, c.text)
		}
	}
}

func TestTermsByLanguage(t *testing.T) {
	for _, c := range []struct{ language, in, want string }{
		{"none", "The Cafés' paintings, l'Été", "the cafés paintings l'été"},
		{"en", "Two cafés, a naïve résumé, Müller and Łódź", "two cafe naiv resum muller lodz"},
		{"en", "thé or the", "the"}, // no stop word once its mark is gone
		{"fr", "L'homme d'aujourd’hui qu'il a vu", "homm aujourd'hui vu"},
		{"fr", "aujourd'hui", "aujourd'hui"},
		{"it", "dell’arte nell'acqua", "arte acqua"},
		{"es", "año ano camión camion", "año ano camion camion"},
		{"de", "Straße STRASSE", "strass strass"},
		{"sv", "får far à la carte-menyn idé", "får far a la cart menyn ide"},
		{"no", "blåbær blabær café", "blåbær blabær cafe"},
		{"ro", "și ști cărții cărţii", "sti cart cart"},
		{"ru", "ёлка елка ЁЛКА", "елк елк елк"},
		{"tr", "İstanbul'da ISPARTA’DAN ısparta Isparta", "istanbul ispar ispar ispar"},
		{"tr", "KIZLARIN kızların YILLARDA yıllarda kadinlarin", "kiz kiz yil yil kadi"},
		{"pt", "avó coração coracao", "avo coraca coraca"},
	} {
		if got := strings.Join(termsIn(c.language, c.in), " "); got != c.want {
			t.Errorf("%s: %q: got %q, want %q", c.language, c.in, got, c.want)
		}
	}
}

func TestRunsBecomePairsInEveryLanguage(t *testing.T) {
	for _, language := range Languages() {
		for _, c := range []struct{ in, want string }{
			{"東京", "東京"},
			{"京", "京"},
			{"東京タワーに行く。", "東京 京タ タワ ワー ーに に行 行く"},
			{"我们 在北京", "我们 在北 北京"},
			{"學校에서", "學校 校에 에서"},
			{"학교에서 배웠다", "학교 교에 에서 배웠 웠다"},
			{"二〇二四 時々", "二〇 〇二 二四 時々"},
			{"東京2026年大阪", "東京 2026 年大 大阪"},
			{"ﾀﾜｰ ｶﾞﾗｽ", "タワ ワー ガラ ラス"},
			{"か\u3099くせい 葛\U000E0100城", "がく くせ せい 葛城"},
			{"東・京", "東 京"},
		} {
			if got := strings.Join(termsIn(language, c.in), " "); got != c.want {
				t.Errorf("%s: %q: got %q, want %q", language, c.in, got, c.want)
			}
		}
	}
	if got := strings.Join(termsIn("en", "iPhone은 running한"), " "); got != "iphon phone 은 run 한" {
		t.Errorf("names with a particle: %q", got)
	}
}

// TestTwoCharactersAreFoundWhereverTheyStand: the terms of any piece of a text of two
// characters or more are among the text's.
func TestTwoCharactersAreFoundWhereverTheyStand(t *testing.T) {
	for _, s := range []string{
		"昨天下午我和李明一起去图书馆借了三本历史书",
		"来週の金曜日にスーパーマーケットで新しい自転車を買うつもりです",
		"어제저녁에친구와함께한강공원에서자전거를탔습니다",
	} {
		text, characters := termsIn(English, s), []rune(s)
		for first := range characters {
			for last := first + 2; last <= len(characters); last++ {
				for _, want := range termsIn(English, string(characters[first:last])) {
					if !slices.Contains(text, want) {
						t.Fatalf("%q: terms lack %q", s, want)
					}
				}
			}
		}
	}
}

// TestTermsDoNotDependOnOtherTexts: what an analyzer was given before changes nothing.
func TestTermsDoNotDependOnOtherTexts(t *testing.T) {
	for _, language := range Languages() {
		used := NewAnalyzer(language)
		var before, got Tokens
		for _, s := range []string{"東", "京 tower", "Kyoto京都", "the", "l'été d", "", "東"} {
			used.Terms(&before, s)
			got.Reset()
			used.Terms(&got, s)
			if want := termsIn(language, s); !slices.Equal(list(&got), want) {
				t.Errorf("%s: %q: %q, alone %q", language, s, list(&got), want)
			}
		}
	}
}

// TestComposedAndLooseMarksAreTheSame holds for every language but none at all too.
func TestComposedAndLooseMarksAreTheSame(t *testing.T) {
	for _, language := range Languages() {
		for _, s := range []string{"crème brûlée", "größer Ångström", "niñez corazón", "часовой чай", "한국어 がぎぐ", "Việt Nam", "şehir çağ"} {
			if got, want := termsIn(language, norm.NFD.String(s)), termsIn(language, norm.NFC.String(s)); !slices.Equal(got, want) {
				t.Errorf("%s: %q: loose %q, composed %q", language, s, got, want)
			}
		}
	}
}

func TestEnglishOfASCIIIsWhatItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{2,12}`).Draw(t, "word")
		a := NewAnalyzer(English)
		a.env.SetCurrent(word)
		a.rules.stem(a.env)
		want := []string{a.env.Current()}
		if a.IsStopWord([]byte(word)) {
			want = []string{}
		}
		if got := termsIn(English, word); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", word, got, want)
		}
	})
}

// TestStopWordsAreWordsThatStopWordsCanBe: lists are sorted, and every word of them is
// one as Words gives it, respelt, so that it does stop.
func TestStopWordsAreWordsThatStopWordsCanBe(t *testing.T) {
	files, err := filepath.Glob("stopwords/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		language := strings.TrimSuffix(filepath.Base(file), ".txt")
		data, err := os.ReadFile(file)
		if err != nil || !Known(language) {
			t.Fatalf("%s: %v", file, err)
		}
		words := strings.Fields(string(data))
		if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
			t.Errorf("%s is not a sorted list of different words", file)
		}
		for _, w := range words {
			if got := termsIn(language, w); len(got) != 0 {
				t.Errorf("%s: %q gives %q", language, w, got)
			}
		}
		if language != English && len(words) != len(languages[language].stop()) {
			t.Errorf("%s is not the list of %s", file, language)
		}
	}
}

func TestOnlyKnownLanguagesHaveAnalyzers(t *testing.T) {
	if !slices.IsSorted(Languages()) || !Known(Plain) || !Known(English) || Known("xx") || Known("") {
		t.Fatal(Languages())
	}
	defer func() {
		if recover() == nil {
			t.Fatal("an analyzer for no language")
		}
	}()
	NewAnalyzer("xx")
}
