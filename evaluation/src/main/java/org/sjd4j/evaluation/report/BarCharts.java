package org.sjd4j.evaluation.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jfree.chart.axis.AxisLocation;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StackedBarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.chart.renderer.category.StatisticalBarRenderer;
import org.jfree.data.category.CategoryDataset;
import org.jfree.data.category.DefaultCategoryDataset;
import org.jfree.data.statistics.DefaultStatisticalCategoryDataset;
import org.sjd4j.evaluation.run.Summary;

/** Plots with a bar for each decoder, from top to bottom, so that there is room for its name. */
final class BarCharts {
    private static final int EACH = 50;
    private static final int AXIS = 100;
    private static final int FEWEST = 3;
    private static final float SHARE_OF_NAMES = 0.34f;

    private static final Map<String, Integer> COLOURS_OF_PHASES = phases();

    private BarCharts() {}

    private static Map<String, Integer> phases() {
        var colours = new LinkedHashMap<String, Integer>();
        colours.put("prefill", 5);
        colours.put("model", 1);
        colours.put("sampling", 2);
        colours.put("image_decode", 3);
        return colours;
    }

    /** The mean steps of each decoder. */
    static Figure steps(List<Summary> summaries) {
        var data = new DefaultStatisticalCategoryDataset();
        for (var summary : summaries) {
            var steps = summary.steps();
            Number error = Double.isNaN(steps.standardError()) ? null : steps.standardError();
            data.add(
                    Double.valueOf(steps.mean()),
                    error,
                    "steps",
                    summary.choice().shortLabel());
        }
        var renderer = new StatisticalBarRenderer();
        renderer.setSeriesPaint(0, ChartStyle.colour(1));
        renderer.setErrorIndicatorPaint(Color.BLACK);
        renderer.setErrorIndicatorStroke(new BasicStroke(3));
        return new Figure(
                "Forward passes per image",
                image(data, "steps per image", renderer, summaries.size()),
                List.of(),
                "Each bar is a decoder's mean number of steps, the line across its end ± the standard error; shorter is"
                        + " better.");
    }

    /** Where the seconds of an image go. */
    static Figure phases(List<Summary> summaries) {
        var data = new DefaultCategoryDataset();
        var renderer = new StackedBarRenderer();
        var legend = new ArrayList<Figure.Mark>();
        COLOURS_OF_PHASES.forEach((phase, colour) -> {
            String name = phase.replace('_', ' ');
            summaries.forEach(summary -> data.addValue(
                    summary.phases().get(phase), name, summary.choice().shortLabel()));
            renderer.setSeriesPaint(legend.size(), ChartStyle.colour(colour));
            legend.add(new Figure.Mark("■", ChartStyle.colour(colour), name));
        });
        return new Figure(
                "Time by phase",
                image(data, "seconds per image (mean)", renderer, summaries.size()),
                legend,
                "Each bar is the mean time of one image and its parts are where the time goes: reading the prompt"
                        + " (prefill), forward passes (model), drawing and verifying tokens (sampling), and turning"
                        + " tokens into pixels (image decode).");
    }

    private static String image(CategoryDataset data, String unit, BarRenderer renderer, int decoders) {
        renderer.setBarPainter(new StandardBarPainter());
        renderer.setShadowVisible(false);
        renderer.setMaximumBarWidth(0.2);
        var names = ChartStyle.styled(new CategoryAxis());
        names.setTickMarksVisible(false);
        names.setMaximumCategoryLabelLines(2);
        names.setMaximumCategoryLabelWidthRatio(SHARE_OF_NAMES);
        names.setLowerMargin(0.02);
        names.setUpperMargin(0.02);
        NumberAxis values = ChartStyle.axis(unit);
        var plot = new CategoryPlot(data, names, values, renderer);
        plot.setOrientation(PlotOrientation.HORIZONTAL);
        plot.setRangeAxisLocation(AxisLocation.BOTTOM_OR_LEFT);
        plot.setRangeGridlinePaint(ChartStyle.GRID);
        plot.setRangeGridlineStroke(new BasicStroke(2));
        int height = AXIS + EACH * Math.max(decoders, FEWEST);
        return ChartStyle.image(ChartStyle.chart(plot), ChartStyle.WIDTH, height);
    }
}
