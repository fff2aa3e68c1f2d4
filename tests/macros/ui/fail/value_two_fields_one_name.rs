use plumberd::EventValue;

#[derive(EventValue)]
struct Line {
    stock_unit: u32,
    #[serde(alias = "StockUnit")]
    unit: u32,
}

fn main() {}
