package org.sjd4j.evaluation.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.sjd4j.io.TableText;
import org.sjd4j.io.TextFile;

/** Prompts in a table of tab-separated values, as PartiPrompts has them. */
final class PromptTable {
    private PromptTable() {}

    /**
     * Reads the column {@code Prompt}, and {@code Category} if there is one. Rows without a prompt are left out.
     *
     * @param warnings takes how many rows are left out
     * @throws IllegalArgumentException if there is no such column, or a row has more or fewer cells than the first one
     * @throws IOException if the file cannot be read
     */
    static List<Prompt> read(Path file, Consumer<String> warnings) throws IOException {
        var rows = TableText.tabs(TextFile.read(file), file.toString());
        var heading = rows.isEmpty()
                ? List.<String>of()
                : rows.getFirst().cells().stream()
                        .map(cell -> cell.strip().toLowerCase(Locale.ROOT))
                        .toList();
        int text = heading.indexOf("prompt");
        int category = heading.indexOf("category");
        if (text < 0) {
            throw new IllegalArgumentException(
                    file + " has no column 'Prompt' in its first line; separate columns by tabs, as PartiPrompts does");
        }
        var prompts = new ArrayList<Prompt>();
        int without = 0;
        for (var row : rows.subList(1, rows.size())) {
            var cells = row.cells();
            if (cells.size() != heading.size()) {
                throw new IllegalArgumentException(row.place() + (cells.size() <= text ? " has no prompt:" : ":")
                        + " found " + cells.size() + " cells, expected " + heading.size()
                        + " as in the first line; write a tab between all, also before empty ones");
            }
            if (Prompt.hasWords(cells.get(text))) {
                prompts.add(new Prompt(
                        cells.get(text).strip(),
                        category < 0 ? "" : cells.get(category).strip()));
            } else {
                without++;
            }
        }
        if (without > 0) {
            warnings.accept(
                    file + ": left out " + without + " of " + (rows.size() - 1) + " rows, which have no prompt");
        }
        return prompts;
    }
}
