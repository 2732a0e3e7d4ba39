package bot

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Limits of hand-written code. Generated files are not counted.
const (
	maxPackageFiles = 25   // without tests
	maxPackageLines = 3500 // without tests
	maxFileLines    = 300
	maxTestLines    = 500 // of a _test.go file
	maxColumns      = 120 // also in tests; a tab is four columns wide

	maxFunctionLines = 53 // the longest function, without tests
	maxMostFunctions = 42 // 99 of 100 functions are no longer
	maxHalfFunctions = 10 // every other function is no longer
)

// exceptions are what is still larger than its limit, with the size that it
// must not exceed. Lower a number when the code has shrunk, and delete the line
// when the code fits; a new line is only for code that moved here as it was.
var exceptions = struct {
	packageFiles, packageLines map[string]int // by directory
	fileLines                  map[string]int // by base name, so that a file may move
	functionLines              map[string]int // by directory and name
}{
	packageFiles:  map[string]int{},
	packageLines:  map[string]int{},
	functionLines: map[string]int{},
	fileLines:     map[string]int{},
}

// oversized returns a sentence for each thing that is larger than its limit or
// its exception, and for each exception that nothing needs any more.
func oversized(unit string, sizes map[string]int, limit func(name string) int, exceptions map[string]int) []string {
	var faults []string
	for name, size := range sizes {
		allowed := max(limit(name), exceptions[name])
		if size > allowed {
			faults = append(faults, fmt.Sprintf("%s: %d %s, at most %d are allowed", name, size, unit, allowed))
		}
	}
	for name := range exceptions {
		if sizes[name] <= limit(name) {
			faults = append(faults, fmt.Sprintf("%s: needs no exception for %s any more: delete its line", name, unit))
		}
	}
	slices.Sort(faults)
	return faults
}

// always is the same limit for everything.
func always(limit int) func(string) int { return func(string) int { return limit } }

// fileLimit is the number of lines that a file may have.
func fileLimit(name string) int {
	if strings.HasSuffix(name, "_test.go") {
		return maxTestLines
	}
	return maxFileLines
}

func TestRoomsAndFilesStaySmall(t *testing.T) {
	t.Parallel()
	all, files := sources(t)
	packageFiles, packageLines, fileLines := map[string]int{}, map[string]int{}, map[string]int{}
	for _, s := range all {
		if ast.IsGenerated(s.file) {
			continue
		}
		lines, base := files.File(s.file.FileStart).LineCount(), path.Base(s.name)
		fileLines[base] = max(fileLines[base], lines)
		if !s.test {
			packageFiles[path.Dir(s.name)]++
			packageLines[path.Dir(s.name)] += lines
		}
	}
	require.Empty(t, oversized("files", packageFiles, always(maxPackageFiles), exceptions.packageFiles))
	require.Empty(t, oversized("lines", packageLines, always(maxPackageLines), exceptions.packageLines))
	require.Empty(t, oversized("lines", fileLines, fileLimit, exceptions.fileLines))
}

func TestLinesOfFilesStayShort(t *testing.T) {
	t.Parallel()
	all, _ := sources(t)
	var long []string
	for _, s := range all {
		if ast.IsGenerated(s.file) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(top, filepath.FromSlash(s.name)))
		require.NoError(t, err)
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			if columns(line) > maxColumns {
				long = append(long, fmt.Sprintf("%s:%d", s.name, number))
			}
		}
	}
	require.Empty(t, long, "lines longer than %d columns", maxColumns)
}

// columns is the width of a line on the screen.
func columns(line string) int {
	line = strings.TrimRight(line, "\r\n")
	return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
}

func TestFunctionsOfFilesStaySmall(t *testing.T) {
	t.Parallel()
	all, files := sources(t)
	functions := map[string]int{}
	for _, s := range all {
		if s.test || ast.IsGenerated(s.file) {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				name := path.Dir(s.name) + "." + f.Name.Name // of two methods, the longer one counts
				functions[name] = max(functions[name], height(files, f))
			}
		}
	}
	require.Empty(t, oversized("lines", functions, always(maxFunctionLines), exceptions.functionLines))
	sizes := slices.Sorted(maps.Values(functions))
	require.LessOrEqual(t, sizes[len(sizes)*99/100], maxMostFunctions, "lines of 99 of 100 functions")
	require.LessOrEqual(t, sizes[len(sizes)/2], maxHalfFunctions, "lines of half of the functions")
}

// height is the number of lines from a node's first to its last.
func height(files *token.FileSet, n ast.Node) int {
	return files.Position(n.End()).Line - files.Position(n.Pos()).Line + 1
}

func TestOversizedReportsWhatGrewAndWhatFits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		size, exception int
		fault           string // empty: allowed
	}{
		"at the limit":               {size: 10},
		"above the limit":            {size: 11, fault: "a.go: 11 lines, at most 10 are allowed"},
		"at its exception":           {size: 12, exception: 12},
		"smaller than its exception": {size: 11, exception: 12},
		"above its exception":        {size: 13, exception: 12, fault: "a.go: 13 lines, at most 12 are allowed"},
		"an exception that is not needed": {size: 10, exception: 12,
			fault: "a.go: needs no exception for lines any more: delete its line"},
		"an exception of a file that left": {exception: 12,
			fault: "a.go: needs no exception for lines any more: delete its line"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sizes, except, want := map[string]int{}, map[string]int{}, []string(nil)
			if test.size != 0 {
				sizes["a.go"] = test.size
			}
			if test.exception != 0 {
				except["a.go"] = test.exception
			}
			if test.fault != "" {
				want = []string{test.fault}
			}
			require.Equal(t, want, oversized("lines", sizes, always(10), except))
		})
	}
}

func TestColumnsCountCharactersAndTabs(t *testing.T) {
	t.Parallel()
	require.Equal(t, 4+2, columns("\tno\n"))
	require.Equal(t, 3, columns("…äb\r\n"))
}
