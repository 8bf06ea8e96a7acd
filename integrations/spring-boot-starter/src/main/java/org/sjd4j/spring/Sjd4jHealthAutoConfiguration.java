package org.sjd4j.spring;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The part {@code sjd4j} of an application's health, where it has Spring Boot's health; {@code management.health.sjd4j.enabled=false} leaves it out. */
@AutoConfiguration(after = Sjd4jAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(Sjd4jEngine.class)
public final class Sjd4jHealthAutoConfiguration {
    /** The health of the model. */
    @Bean
    @ConditionalOnEnabledHealthIndicator("sjd4j")
    @ConditionalOnMissingBean(name = "sjd4jHealthIndicator")
    HealthIndicator sjd4jHealthIndicator(Sjd4jEngine engine) {
        return new Sjd4jHealthIndicator(engine);
    }
}
