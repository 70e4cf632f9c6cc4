// A board as Grafana's own types have it, each panel with the options and fields of its kind. What they refuse though Grafana takes it
// is loosened here and nowhere else: string enumerations may be their values, for JSON has no enumerations; a data source adds to a query
// what it likes; what a panel leaves to Grafana's defaults may be absent; a variable asked of a data source has nothing chosen yet, and
// says its query twice ("definition", which Grafana's own boards have); and a hidden column is "hidden" to Grafana 11, "hideFrom" to later ones.
import type { Dashboard, DataQuery, FieldConfig, Panel, VariableModel } from "@grafana/schema";
import type * as BarChart from "@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen";
import type * as Stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as Table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as Text from "@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen";
import type * as TimeSeries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Values<T> = 0 extends 1 & T ? T
  : T extends string ? `${T}`
  : T extends readonly (infer One)[] ? Values<One>[]
  : T extends object ? { [K in keyof T]: Values<T[K]> }
  : T;

// An override is of a field's property, or of one of the panel's own ("custom.lineWidth"), with a value of that property's type.
type Override<Own> =
  | { [K in keyof FieldConfig & string]-?: { id: K; value?: FieldConfig[K] } }[keyof FieldConfig & string]
  | { [K in keyof Own & string]-?: { id: `custom.${K}`; value?: Own[K] } }[keyof Own & string];

type Of<Kind extends string, Options, Own> = Omit<Panel, "type" | "options" | "fieldConfig"> & {
  type: Kind;
  options?: Options;
  fieldConfig?: {
    defaults: Omit<FieldConfig, "custom"> & { custom?: Partial<Own> };
    overrides: { matcher: { id: string; options?: unknown }; properties: Override<Own>[] }[];
  };
};

type Panels =
  | Of<"barchart", BarChart.Options, BarChart.FieldConfig>
  | Of<"stat", Stat.Options, {}>
  | Of<"table", Table.Options, Table.FieldConfig & { hidden?: boolean }>
  | Of<"text", Text.Options, {}>
  | Of<"timeseries", TimeSeries.Options, TimeSeries.FieldConfig>;

type Annotations = NonNullable<NonNullable<Dashboard["annotations"]>["list"]>[number];

type Variable = Omit<VariableModel, "current"> & { current?: Partial<VariableModel["current"]>; definition?: string };

export type Board = Values<
  Omit<Dashboard, "panels" | "annotations" | "templating"> & {
    templating: { list: Variable[] };
    panels: Panels[];
    annotations: { list: (Omit<Annotations, "target"> & { target: DataQuery & Record<string, unknown> })[] };
  }
>;
