"""Exports as systems write them, with invented rows: the open claims are sent with what remains, and nothing else."""

from __future__ import annotations

import pytest
from unit.loader.rows.test_row_verdicts import read

EXPORTS = {
    "stripe": (
        """id,Amount Due,Billing,Currency,Customer Name,Date (UTC),Due Date (UTC),Number,Paid,Total,Amount Paid,Status
in_1,800.00,send_invoice,eur,Amsel GmbH,2026-06-02,2026-07-02,X-1,false,800.00,0.00,open
in_2,70.00,send_invoice,eur,Drossel KG,2026-06-02,2026-07-02,X-2,true,70.00,70.00,paid
in_3,300.00,send_invoice,eur,Fink KG,2026-06-02,2026-07-02,X-3,false,300.00,120.00,open
in_4,50.00,send_invoice,eur,Star KG,2026-06-02,2026-07-02,X-4,false,50.00,0.00,void
in_5,60.00,send_invoice,eur,Zeisig KG,2026-06-02,2026-07-02,X-5,false,60.00,0.00,uncollectible
""",
        ["case 800.00", "left out nothing_open", "case 180.00", "left out no_claim", "asked state_unclear"],
    ),
    "dinero": (
        """Fakturanummer;Kontakt;Dato;Forfaldsdato;Total eks. moms;Total inkl. moms;Valuta;Status
1;Amsel ApS;02-06-2026;16-06-2026;80,00;100,00;DKK;Forfalden
2;Bodil Drossel;13-06-2026;27-06-2026;200,00;250,00;DKK;Betalt
3;Kaj Fink;14-06-2026;28-06-2026;400,00;500,00;DKK;Kladde
4;Ebba Star;14-06-2026;28-06-2026;400,00;500,00;DKK;Bogført
""",
        ["case 100.00", "left out no_claim", "left out no_claim", "asked part_paid"],
    ),
    "business central": (
        """Document Date;Document Type;Document No.;Customer No.;Customer Name;Due Date;Remaining Amount;On Hold;Open
2026-06-01;Invoice;1;10;Amsel AS;2026-06-15;500.50;;Yes
2026-06-02;Invoice;2;11;Drossel AS;2026-06-16;700.00;XX;Yes
2026-06-03;Finance Charge Memo;3;11;Drossel AS;2026-06-17;70.00;;Yes
2026-06-03;Reminder;4;11;Drossel AS;2026-06-17;100.00;;Yes
2026-06-03;Payment;5;12;Fink AS;2026-06-17;-100.00;;Yes
2026-06-03;Invoice;6;13;Star AS;2026-06-17;0.00;;No
""",
        ["case 500.50", "asked disputed", "left out no_claim", "left out no_claim", "left out credit", "left out nothing_open"],
    ),
    "sap": (
        """Kunde;Name 1;Belegnummer;Belegart;Belegdatum;Nettofälligkeit;Betrag in Belegwährung;Belegwährung
1;Amsel KG;18001;RV;31.01.2026;28.02.2026;1.190,00;EUR
1;Amsel KG;14001;DZ;15.02.2026;15.02.2026;300,00-;EUR
*;;;;;;890,00;EUR
2;Bodil Drossel;18002;RV;05.02.2026;07.03.2026;77,00;EUR
3;Fink AG;18003;AB;05.02.2026;07.03.2026;7,00;EUR
*;;;;;;84,00;EUR
**;;;;;;974,00;EUR
""",
        [
            *("asked credits", "left out credit", "left out confirmed_totals", "case 77.00", "asked state_unclear"),
            *("left out confirmed_totals", "left out confirmed_totals"),
        ],
    ),
    "quickbooks": (
        """Date,Transaction Type,Num,Customer,Due Date,Amount,Open Balance
91 or more days past due,,,,,,
05/13/2026,Invoice,1,Amsel,06/12/2026,"1,200.00","1,200.00"
06/02/2026,Payment,,Drossel Inc,06/02/2026,-150.00,-150.00
Total for 91 or more days past due,,,,,"$1,050.00","$1,050.00"
61 - 90 days past due,,,,,,
07/20/2026,Invoice,2,Fink Inc,08/19/2026,640.00,410.00
07/21/2026,Journal Entry,3,Star Inc,08/19/2026,11.00,11.00
TOTAL,,,,,"$1,701.00","$1,471.00"
""",
        [
            *("left out age_groups", "case 1200.00", "left out credit", "left out confirmed_totals", "left out age_groups"),
            *("case 410.00", "asked state_unclear", "left out confirmed_totals"),
        ],
    ),
    "xero": (
        """*ContactName,*InvoiceNumber,*InvoiceDate,*DueDate,Total,InvoiceAmountPaid,InvoiceAmountDue,Currency,Type,Status
Amsel,1,2026-01-31,2026-02-28,120.00,20.00,100.00,GBP,ACCREC,Authorised
Drossel,2,2026-01-31,2026-02-28,20.00,0.00,20.00,GBP,ACCRECCREDIT,Authorised
Fink,3,2026-01-31,2026-02-28,50.00,0.00,50.00,GBP,ACCREC,Draft
Star,4,2026-01-31,2026-02-28,60.00,0.00,60.00,GBP,ACCPAY,Authorised
""",
        ["case 100.00", "left out credit", "left out no_claim", "left out no_claim"],
    ),
    "shopify": (
        """Name,Financial Status,Currency,Total,Created at,Lineitem quantity,Billing Name,Billing Country,Outstanding Balance
#1,pending,DKK,439.00,2026-06-01,2,Amsel,DK,439.00
#1,,,,2026-06-01,1,,,
#2,paid,DKK,200.00,2026-06-02,1,Drossel,DK,0.00
#3,partially_paid,DKK,99.00,2026-06-02,1,Fink,DK,33.00
#4,voided,DKK,99.00,2026-06-02,1,Star,DK,99.00
""",
        ["asked state_unclear", "left out further_lines", "left out nothing_open", "case 33.00", "left out no_claim"],
    ),
    "lexware": (
        """voucherType;voucherStatus;voucherNumber;voucherDate;dueDate;contactName;totalAmount;openAmount;currency
invoice;open;RE1;2026-06-01;2026-06-15;Amsel GmbH;100,00;60,00;EUR
invoice;paidoff;RE2;2026-06-01;2026-06-15;Drossel GmbH;100,00;0,00;EUR
creditnote;open;GS1;2026-06-01;2026-06-15;Fink GmbH;20,00;20,00;EUR
quotation;open;AG1;2026-06-01;2026-06-15;Star GmbH;20,00;20,00;EUR
invoice;sepadebit;RE3;2026-06-01;2026-06-15;Zeisig GmbH;20,00;20,00;EUR
""",
        ["case 60.00", "left out nothing_open", "left out credit", "left out no_claim", "asked state_unclear"],
    ),
    "fortnox": (
        """Fakturanr;Kundnr;Kundnamn;Fakturadatum;Förfallodatum;Totalt;Restbelopp;Valuta;Status
1;7;Amsel AB;2026-01-31;2026-03-02;1250,00;1000,00;SEK;Förfallen
2;8;Drossel AB;2026-01-31;2026-03-02;250,00;0,00;SEK;Slutbetald
3;9;Fink AB;2026-01-31;2026-03-02;250,00;250,00;SEK;Makulerad
4;9;Star AB;2026-01-31;2026-03-02;250,00;250,00;SEK;Pausad
""",
        ["case 1000.00", "left out nothing_open", "left out no_claim", "asked disputed"],
    ),
    "woocommerce": (
        """Order number,Order status,Order date,Customer name,Total,Currency
1,completed,2026-06-01,Amsel,10.00,DKK
2,on-hold,2026-06-01,Drossel,10.00,DKK
3,cancelled,2026-06-01,Fink,10.00,DKK
4,refunded,2026-06-01,Star,10.00,DKK
""",
        ["left out no_claim", "asked state_unclear", "left out no_claim", "left out no_claim"],
    ),
    "tripletex": (
        """Fakturanummer;Kunde;Fakturadato;Forfallsdato;Beløp;Utestående;Valuta;Type
1;Amsel AS;2026-01-31;2026-03-02;1250,00;1000,00;NOK;Faktura
2;Drossel AS;2026-01-31;2026-03-02;250,00;0,00;NOK;Faktura
3;Fink AS;2026-01-31;2026-03-02;-50,00;-50,00;NOK;Kreditnota
4;Star AS;2026-01-31;2026-03-02;70,00;70,00;NOK;Purregebyr
""",
        ["case 1000.00", "left out nothing_open", "left out credit", "left out no_claim"],
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_sends_its_open_claims_and_nothing_else(tmp_path, name):
    text, expected = EXPORTS[name]
    assert read(tmp_path, text) == expected
