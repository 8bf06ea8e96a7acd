package org.sjd4j.spring;

import io.micrometer.observation.ObservationRegistry;
import org.sjd4j.api.ImageGenerator;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.observation.ImageModelObservationConvention;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * An {@link ImageModel} in process. {@code spring.ai.model.image} leaves it out if it names another one, as it does with Spring AI's own models, and
 * so does {@code sjd4j.enabled=false}.
 */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "sjd4j.enabled", matchIfMissing = true)
@ConditionalOnProperty(name = "spring.ai.model.image", havingValue = "sjd4j", matchIfMissing = true)
@EnableConfigurationProperties(Sjd4jProperties.class)
public final class Sjd4jAutoConfiguration {
    /** The model of the application, loaded now unless {@code sjd4j.lazy}. */
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    Sjd4jEngine sjd4jEngine(Sjd4jProperties properties, ObjectProvider<ImageGenerator.Monitor> monitors) {
        var engine = new Sjd4jEngine(properties, monitors.orderedStream().toList());
        if (!properties.lazy()) {
            engine.model();
        }
        return engine;
    }

    /** The image model. */
    @Bean
    @ConditionalOnMissingBean
    Sjd4jImageModel sjd4jImageModel(
            Sjd4jEngine engine,
            Sjd4jProperties properties,
            ObjectProvider<ImagePreviewListener> listeners,
            ObjectProvider<ObservationRegistry> observations,
            ObjectProvider<ImageModelObservationConvention> convention) {
        return new Sjd4jImageModel(
                engine,
                properties.partialImages(),
                listeners.orderedStream().toList(),
                observations.getIfUnique(() -> ObservationRegistry.NOOP),
                convention.getIfAvailable());
    }
}
