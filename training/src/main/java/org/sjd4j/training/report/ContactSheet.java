package org.sjd4j.training.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.sjd4j.image.Rgb;
import org.sjd4j.io.Excerpt;

/** Images in rows and columns on one sheet, each with a caption of at most two lines under it if it has one. */
public final class ContactSheet {
    private static final int GAP = 6;
    private static final int LINES = 2;

    /** Characters that are measured; far fewer fit. */
    private static final int LONGEST = 500;

    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 11);

    private final int columns;
    private final List<Cell> cells = new ArrayList<>();

    private record Cell(BufferedImage image, String caption) {}

    /** @param columns images in a row, at least 1 */
    public ContactSheet(int columns) {
        if (columns < 1) {
            throw new IllegalArgumentException("a sheet needs at least 1 column, but " + columns);
        }
        this.columns = columns;
    }

    /** Adds an image without a caption. */
    public ContactSheet add(BufferedImage image) {
        return add(image, "");
    }

    /** Adds an image with a caption, which may be empty. */
    public ContactSheet add(BufferedImage image, String caption) {
        cells.add(new Cell(Rgb.of(image), caption));
        return this;
    }

    /**
     * Draws the sheet. All cells are as large as the largest image; there is room for captions if one image has
     * one.
     *
     * @throws IllegalStateException if no image was added
     */
    public BufferedImage draw() {
        if (cells.isEmpty()) {
            throw new IllegalStateException("a sheet without images cannot be drawn: add at least one");
        }
        var width = cells.stream().mapToInt(cell -> cell.image.getWidth()).max().orElseThrow();
        var height =
                cells.stream().mapToInt(cell -> cell.image.getHeight()).max().orElseThrow();
        var captioned = cells.stream().anyMatch(cell -> !cell.caption.isBlank());
        var lineHeight = FONT.getSize() + 3;
        var pitchX = width + GAP;
        var pitchY = height + GAP + (captioned ? LINES * lineHeight + GAP / 2 : 0);
        var rows = (cells.size() + columns - 1) / columns;
        var sheet = new BufferedImage(
                Math.min(columns, cells.size()) * pitchX + GAP, rows * pitchY + GAP, BufferedImage.TYPE_INT_RGB);
        var graphics = sheet.createGraphics();
        try {
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
            graphics.setColor(Color.DARK_GRAY);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            for (var i = 0; i < cells.size(); i++) {
                var cell = cells.get(i);
                var x = GAP + i % columns * pitchX;
                var y = GAP + i / columns * pitchY;
                graphics.drawImage(cell.image, x, y, null);
                if (!cell.caption.isBlank()) {
                    write(graphics, cell.caption, x, y + height, width, lineHeight);
                }
            }
        } finally {
            graphics.dispose();
        }
        return sheet;
    }

    /**
     * Writes the sheet as PNG, making the folder if need be.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        var folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        try (var out = Files.newOutputStream(file)) {
            ImageIO.write(draw(), "png", out);
        }
    }

    private static void write(Graphics2D graphics, String caption, int x, int y, int width, int lineHeight) {
        graphics.setFont(FONT);
        var lines = wrap(caption, graphics.getFontMetrics(), width);
        for (var i = 0; i < lines.size(); i++) {
            graphics.drawString(lines.get(i), x, y + (i + 1) * lineHeight);
        }
    }

    /** Breaks a caption between words; what does not fit is cut off with an ellipsis. */
    private static List<String> wrap(String caption, FontMetrics metrics, int width) {
        var lines = new ArrayList<String>();
        var line = "";
        for (var word : Excerpt.of(caption.strip(), LONGEST).split("\\s+", -1)) {
            var longer = line.isEmpty() ? word : line + " " + word;
            if (line.isEmpty() || lines.size() == LINES - 1 || metrics.stringWidth(longer) <= width) {
                line = longer;
            } else {
                lines.add(line);
                line = word;
            }
        }
        lines.add(line);
        return lines.stream().map(each -> cut(each, metrics, width)).toList();
    }

    private static String cut(String line, FontMetrics metrics, int width) {
        if (metrics.stringWidth(line) <= width) {
            return line;
        }
        var end = line.length();
        while (end > 0 && metrics.stringWidth(line.substring(0, end) + "…") > width) {
            end--;
        }
        return line.substring(0, end) + "…";
    }
}
