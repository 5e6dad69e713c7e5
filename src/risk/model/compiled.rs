//! A model in binary, as a compiled bundle carries it: the scorecard of the bundle's setting, and its check.
//!
//! An edge so has no JSON of a model to read, which was a tenth of the engine and half of the time a bundle took to load.

use super::{Model, Points, Thresholds};
use crate::compiled::{Bytes, Compiled, compiled};
use crate::signal::CATALOGUE;

compiled!(Points { points, low, high });
compiled!(Thresholds { low, medium, high });

impl Compiled for Model {
    fn write(&self, into: &mut Vec<u8>) {
        self.id.write(into);
        self.expires.write(into);
        self.calibration.write(into);
        self.thresholds.write(into);
        self.band.write(into);
        self.population.write(into);
        self.table.write(into);
        self.digest().write(into);
    }

    /// Without costs: they are settings of the bundle.
    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let model = Self {
            id: Compiled::read(from)?,
            expires: Compiled::read(from)?,
            calibration: Compiled::read(from)?,
            thresholds: Compiled::read(from)?,
            band: Compiled::read(from)?,
            population: Compiled::read(from)?,
            table: Compiled::read(from)?,
            worth: None,
        };
        let digest = u64::read(from)?;
        // The digest is of numbers that are added up, so that they hold has to be known first.
        (model.is_sound() && model.digest() == digest).then_some(model)
    }
}

impl Model {
    /// Whether the numbers are ones that a model may have, as they are where it is read from JSON.
    fn is_sound(&self) -> bool {
        self.calibration.is_sound()
            && self.thresholds.ascend()
            && self.band.is_none_or(|band| band.is_sound())
            && self.population.is_sound()
            && self.table.len() == CATALOGUE.len()
            && self.table.iter().zip(CATALOGUE).all(|(points, (_, bins))| {
                points.len() == bins.len() && points.iter().all(|points| points.hold())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiled::{from_bytes, to_bytes};
    use crate::risk::band::Band;
    use crate::risk::{Costs, Setting};

    fn shipped(setting: Setting) -> Model {
        Model::shipped(setting).unwrap()
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        for setting in [Setting::Standard, Setting::Hardened] {
            let bytes = to_bytes(&shipped(setting));
            assert_eq!(from_bytes(&bytes), Some(shipped(setting)));
            assert!(bytes.len() < 4_000, "{} bytes", bytes.len());
        }
    }

    #[test]
    fn costs_change_nothing_of_it() {
        let costs = Costs { call: 1, attack: 100, alarm: 5, attacks_per_million: 20_000 };
        let model = shipped(Setting::Standard);
        let bytes = to_bytes(&model.clone().with_costs(costs.worth().unwrap()));
        assert_eq!(from_bytes(&bytes), Some(model));
    }

    #[test]
    fn one_bit_that_fell_over_is_no_model() {
        let model = shipped(Setting::Standard);
        let points = |model: &Model| model.table_of_points();
        let bytes = to_bytes(&model);
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            // Its name and when it expires are not computed with, nor what an unknown bin may be worth.
            let Some(read) = from_bytes::<Model>(&bytes) else { continue };
            assert_eq!(points(&read), points(&model), "byte {place}");
            assert_eq!(
                (read.thresholds, read.band, read.population),
                (model.thresholds, model.band, model.population.clone()),
                "byte {place}"
            );
        }
    }

    #[test]
    fn numbers_that_no_model_may_have_are_refused() {
        let refused = |edit: &dyn Fn(&mut Model)| {
            let mut model = shipped(Setting::Standard);
            edit(&mut model);
            from_bytes::<Model>(&to_bytes(&model)).is_none()
        };
        assert!(!refused(&|_| ()));
        assert!(refused(&|model| model.table[0][0].points = i32::MAX));
        assert!(refused(&|model| model.table[3].truncate(1)));
        assert!(refused(&|model| drop(model.table.pop())));
        assert!(refused(&|model| model.thresholds.low = model.thresholds.high));
        assert!(refused(&|model| model.band = Some(Band { allow: 1, block: 1 })));
    }
}
