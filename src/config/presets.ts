/** One default that a preset sets, and why. */
export interface PresetEntry {
  /** As it would be written in the file. */
  readonly value: unknown;
  readonly reason: string;
}

/** Defaults by the YAML key of the setting. A preset does nothing that these settings could not do by hand. */
export type Preset = Readonly<Record<string, PresetEntry>>;

export const presets = {
  generic: {},
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];
