package org.sjd4j.spark.evaluate;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.sjd4j.image.Alpha;
import org.sjd4j.image.ImageFiles;
import org.sjd4j.metrics.StreamingStatistics;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.spark.cluster.ExecutorProcess;

/**
 * Measures the images of a partition.
 *
 * @param plan the metrics
 * @param directory of the job that generated the images, below which files are
 * @param configuration of its file system
 * @param measured counts images, for Spark's page
 */
record MetricRun(MetricPlan plan, String directory, SerializableConfiguration configuration, LongAccumulator measured)
        implements FlatMapFunction<Iterator<Row>, MetricSums> {

    @Override
    public Iterator<MetricSums> call(Iterator<Row> rows) {
        var panel = ExecutorProcess.once(plan, MetricPlan.Panel.class, plan::open);
        var statistics = new ArrayList<StreamingStatistics>();
        panel.distribution().forEach(extractor -> statistics.add(new StreamingStatistics(extractor)));
        var result = new MetricSums(panel.alignment().size(), statistics);
        rows.forEachRemaining(row -> metric(row, panel, result));
        return List.of(result).iterator();
    }

    private void metric(Row row, MetricPlan.Panel panel, MetricSums result) {
        String id = row.getString(0);
        BufferedImage image;
        try {
            image = image(row);
        } catch (IOException | RuntimeException e) { // broken images and names that are no paths among them
            result.unreadable("row '" + id + "': " + e.getMessage());
            return;
        }
        for (int i = 0; i < panel.distribution().size(); i++) {
            result.statistics(i).add(panel.distribution().get(i).features(image));
        }
        var metrics = panel.alignment();
        float[] cosines = new float[metrics.size()];
        for (int i = 0; i < cosines.length; i++) {
            var metric = metrics.get(i);
            cosines[i] = TextImageMetric.cosine(metric.image(image), metric.text(row.getString(1)));
        }
        result.add(cosines);
        measured.add(1);
    }

    private BufferedImage image(Row row) throws IOException {
        if (!row.isNullAt(2)) {
            return ImageFiles.decode(row.getAs(2), "its image", Alpha.DROPPED);
        }
        var file = new Path(directory, row.getString(3));
        try (var in = file.getFileSystem(configuration.value()).open(file)) {
            return ImageFiles.read(in, file.toString(), Alpha.DROPPED);
        }
    }
}
