package org.sjd4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableTextTest {
    private static List<List<String>> cells(List<TableText.Row> rows) {
        return rows.stream().map(TableText.Row::cells).toList();
    }

    private static List<List<String>> read(String text, char separator) {
        return cells(separator == ',' ? TableText.commas(text, "t") : TableText.tabs(text, "t"));
    }

    /** {@code |} stands for the separator, which differs. */
    @ParameterizedTest
    @ValueSource(chars = {',', '\t'})
    void whatAnySpreadsheetWrites(char separator) {
        String text =
                "a|b\r\n\"x|y\"|\"say \"\"hi\"\"\"\r\n\"two\r\nlines\"|\r\n|\r\n\r\n\"\"\"\"|\"\"\r\nlast|12\" wide";
        assertThat(read(text.replace('|', separator), separator))
                .containsExactly(
                        List.of("a", "b"),
                        List.of("x" + separator + "y", "say \"hi\""),
                        List.of("two\nlines", ""),
                        List.of("\"", ""),
                        List.of("last", "12\" wide"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\r\n"})
    void anyLineEndsALine(String end) {
        String text = String.join(end, "a\tb", "c\td", "", "\"e" + end + "f\"\tg", "h\ti");
        var rows = TableText.tabs(text, "t");
        assertThat(cells(rows))
                .containsExactly(List.of("a", "b"), List.of("c", "d"), List.of("e\nf", "g"), List.of("h", "i"));
        assertThat(rows.stream().map(TableText.Row::place))
                .containsExactly("t, line 1", "t, line 2", "t, line 4", "t, line 6");
        assertThat(TableText.tabs(text + end, "t")).isEqualTo(rows);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"OPEN\" above the door of \"SHOP\"",
                "\"half",
                "\"",
                "\"\"\"",
                "a \"quoted\" word",
                "\"one\" and \"two\" ",
                " \"spaces around\" ",
                "\"\"a",
            })
    void quotationsBetweenTabsAreText(String cell) {
        assertThat(read(cell + "\tSigns\nnext\tX\n", '\t'))
                .containsExactly(List.of(cell, "Signs"), List.of("next", "X"));
        assertThat(read("Signs\t" + cell + "\nX\tnext", '\t'))
                .containsExactly(List.of("Signs", cell), List.of("X", "next"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`a,\"b\nc\"\nd,\"e` | t, line 3: a quote is opened and never closed",
                "`a,\"b\" c` | t, line 1: a closing quote should end the field",
                "`a,\"\"b` | t, line 1: a closing quote should end the field",
            })
    void quotesBetweenCommasMustCloseWhereTheCellEnds(String text, String message) {
        assertThatThrownBy(() -> TableText.commas(text, "t"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void whatIsQuotedIsRead() {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        for (char separator : new char[] {',', '\t'}) {
            for (int i = 0; i < 500; i++) {
                var table = new ArrayList<List<String>>();
                var text = new StringBuilder();
                for (int row = 0; row < 4; row++) {
                    var cells = List.of(cell(random), "x" + cell(random), cell(random));
                    table.add(cells);
                    cells.forEach(cell -> text.append('"')
                            .append(cell.replace("\"", "\"\""))
                            .append('"')
                            .append(separator));
                    text.setCharAt(text.length() - 1, '\n');
                }
                assertThat(read(text.toString(), separator))
                        .as("seed %s, table %s", seed, i)
                        .isEqualTo(table);
            }
        }
    }

    private static String cell(SplittableRandom random) {
        var text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append("ab\"\n,\t ".charAt(random.nextInt(7)));
        }
        return text.toString();
    }
}
