"""Made samples of the exports that recipes read: no company's data, a few rows each, with what they come to.

Each is a name of a recipe, a file's name, its text, and of its table: rows, rows left out, rows set aside, and values.
"""

QUALTRICS_HEADER = (
    '{"ImportId":"startDate","timeZone":"America/Denver"},{"ImportId":"endDate"},{"ImportId":"status"},'
    '{"ImportId":"finished"},{"ImportId":"recordedDate"},{"ImportId":"_recordId"},{"ImportId":"externalDataReference"},'
    '{"ImportId":"recipientEmail"},{"ImportId":"userLanguage"},{"ImportId":"QID1"},{"ImportId":"QID1_NPS_GROUP"},'
    '{"ImportId":"QID2_TEXT"}'
)

SAMPLES = {
    "shopify-orders": (
        "orders_export_1.csv",
        """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,\
Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,\
Outstanding Balance,Cancelled at,Refunded Amount,Id,Source,Phone,Tax 1 Name
#1001,Amal@Example.com,paid,2026-03-15 10:02:00 +0100,fulfilled,,yes,SAR,90.00,10.00,15.00,115.00,,0.00,Std,\
2026-03-15 10:00:00 +0100,1,Cup,40.00,0.00,,0.00,555001,web,,VAT
#1001,amal@example.com,,,,,,,,,,,,,,2026-03-15 10:00:00 +0100,2,Plate,25.00,,,,,,,
#1002,badr@example.com,partially_refunded,2026-03-15 22:30:00 +0000,fulfilled,,no,SAR,40.00,0.00,6.00,46.00,,0.00,Std,\
2026-03-15 22:30:00 +0000,1,Cup,40.00,0.00,,12.35,555002,pos,,VAT
#1003,cyra@example.com,voided,,,,no,SAR,40.00,0.00,6.00,46.00,,0.00,Std,2026-03-16 08:00:00 +0300,1,Cup,40.00,0.00,\
2026-03-16 09:00:00 +0300,0.00,555003,web,,VAT
#1004,,paid,2026-03-17 08:00:00 +0300,,,no,SAR,40.00,0.00,6.00,46.00,,0.00,Std,2026-03-17 08:00:00 +0300,1,Cup,\
40.00,0.00,,0.00,555004,web,+966500000004,VAT
#1006,badr@example.com,refunded,2026-03-17 08:00:00 +0300,,,no,SAR,40.00,0.00,6.00,46.00,,0.00,Std,\
2026-03-17 09:00:00 +0300,1,Cup,40.00,0.00,,46.00,555006,web,,VAT
#1005,amal@example.com,pending,,,,no,SAR,40.00,0.00,6.00,46.00,,0.00,Std,2026-03-18 08:00:00 +0300,1,Cup,40.00,46.00,,\
0.00,555005,web,,VAT
""",
        {"left_out": 4, "quarantined": 0, "amount_cents": [11500, 3365, 4600],
         "customer_id": ["amal@example.com", "badr@example.com", "+966500000004"],
         "at": ["2026-03-15 12:00:00", "2026-03-16 01:30:00", "2026-03-17 08:00:00"], "channel": ["web", "pos", "web"]},
    ),
    "google-play-reviews": (
        "reviews_com.example.shop_202603.csv",
        """\
Package Name,App Version Code,App Version Name,Reviewer Language,Device,Review Submit Date and Time,\
Review Submit Millis Since Epoch,Star Rating,Review Title,Review Text,Developer Reply Text,Review Link
com.example.shop,201,2.0.1,ar,phone,2026-03-14T22:04:33Z,1773525873000,2,,التطبيق يتوقف,,http://play.example/r1
com.example.shop,201,2.0.1,en,phone,2026-03-15T08:00:00Z,1773561600000,5,Good,Easy to use,Thank you,http://play.example/r2
com.example.shop,201,2.0.1,en,phone,2026-03-15T09:00:00Z,1773565200000,4,,,,
""",
        {"left_out": 1, "quarantined": 0, "rating": [2.0, 5.0], "language": ["ar", "en"],
         "feedback_id": ["http://play.example/r1", "http://play.example/r2"],
         "at": ["2026-03-15 01:04:33", "2026-03-15 11:00:00"]},
    ),
    "whatsapp-chat": (
        "WhatsApp Chat with Sara.txt",
        """\
12/3/2024, 2:05 م - Messages and calls are end-to-end encrypted.
12/3/2024, 2:06 م - Sara: مرحبا
12/3/2024, 2:07 م - Shop: How can we help: today?
13/3/2024, 9:00 ص - Sara: Where is my order?
It is late: again
13/3/2024, 9:01 ص - Sara: <Media omitted>
""",
        {"left_out": 1, "quarantined": 0, "customer_id": ["Sara", "Sara"], "channel": ["whatsapp", "whatsapp"],
         "text": ["مرحبا", "Where is my order?\nIt is late: again"],
         "at": ["2024-03-12 14:06:00", "2024-03-13 09:00:00"], "called": "chat 1",
         "own": {"dates": ["%d/%m/%Y %I:%M %p"]}},
    ),
    "trustpilot-reviews": (
        "trustpilot.csv",
        """\
Review Id,Review Created (UTC),Review Consumer User Id,Review Username,Review Title,Review Content,Review Stars,\
Source Of Review,Review Language,Reference Id,Review User Email
aa01,2026-03-14 22:10:00,u1,Amal,Great,Fast delivery,5,Invitation,en,1001,Amal@Example.com
aa02,2026-03-15 08:00:00,u2,Badr,Poor,Nobody answers,1,Organic,en,,
aa03,2026-03-15 09:00:00,u3,Cyra,,,4,Organic,en,,
""",
        {"left_out": 1, "quarantined": 0, "rating": [5.0, 1.0], "text": ["Fast delivery", "Nobody answers"],
         "customer_id": ["amal@example.com", "u2"], "at": ["2026-03-15 01:10:00", "2026-03-15 11:00:00"]},
    ),
    "amazon-orders": (
        "amazon.csv",
        """\
order-id,order-item-id,purchase-date,payments-date,buyer-email,buyer-name,sku,product-name,quantity-purchased,currency,\
item-price,item-tax
058-3563777-5518068,0583563777345,2026-03-14T18:54:21+00:00,2026-03-14T18:55:00+00:00,B1@marketplace.amazon.com,J,c1,\
Cup,2,SAR,80.00,12.00
058-3563777-5518068,0583563777346,2026-03-14T18:54:21+00:00,2026-03-14T18:55:00+00:00,b1@marketplace.amazon.com,J,p1,\
Plate,1,SAR,25.50,3.83
058-3563777-5518069,0583563777347,2026-03-14T22:10:00+00:00,2026-03-14T22:11:00+00:00,b2@marketplace.amazon.com,K,c1,\
Cup,1,SAR,40.00,6.00
""",
        {"left_out": 0, "quarantined": 0, "amount_cents": [8000, 2550, 4000],
         "customer_id": ["b1@marketplace.amazon.com", "b1@marketplace.amazon.com", "b2@marketplace.amazon.com"],
         "at": ["2026-03-14 21:54:21", "2026-03-14 21:54:21", "2026-03-15 01:10:00"]},
    ),
    "woocommerce-orders": (
        "orders-export.csv",
        """\
order_id,order_number,date,status,shipping_total,order_total,refunded_total,order_currency,payment_method,customer_id,\
billing_first_name,billing_email
71,71,2026-02-01 09:15:00,completed,10.00,"1,110.50",0.00,SAR,cod,5,Amal,Amal@example.com
72,72,2026-02-02 23:15:00,refunded,0.00,80.00,80.00,SAR,cod,0,Badr,badr@example.com
73,73,2026-02-03 10:00:00,processing,0.00,60.25,,SAR,cod,6,Cyra,
74,74,2026-02-04 10:00:00,failed,0.00,60.25,0.00,SAR,cod,6,Cyra,cyra@example.com
""",
        {"left_out": 2, "quarantined": 0, "amount_cents": [111050, 6025],
         "customer_id": ["amal@example.com", "6"]},
    ),
    "woocommerce-orders-titles": (
        "orders.csv",
        """\
Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Email (Billing),Order Total Amount,\
Order Refund Amount,SKU,Quantity
81,Completed,2026-02-01 09:15,,Amal,amal@example.com,110.50,10.00,A,1
81,Completed,2026-02-01 09:15,,Amal,amal@example.com,110.50,10.00,B,1
82,Cancelled,2026-02-02 09:15,,Badr,badr@example.com,70.00,0,A,1
83,Processing,2026-02-03 09:15,,Badr,badr@example.com,70.00,0,A,1
""",
        {"left_out": 1, "quarantined": 1, "amount_cents": [10050, 7000]},
    ),
    "woocommerce-analytics": (
        "wc-orders-report-export.csv",
        """\
Date,"Order #","N. Revenue (formatted)",Status,Customer,"Customer type","Product(s)","Items sold","Coupon(s)",\
"Net Sales",Attribution
2026-02-01 09:15:00,91,SAR 110.50,completed,Amal A,new,1× Cup,1,,110.5,Direct
2026-02-02 09:15:00,91,SAR -10.00,refunded,amal a,returning,,-1,,-10,Direct
2026-02-02 09:15:00,92,SAR 70.00,failed,Badr,new,1× Cup,1,,70,Organic
""",
        {"left_out": 1, "quarantined": 0, "amount_cents": [11050, -1000], "customer_id": ["amal a"] * 2},
    ),
    "stripe-payments": (
        "unified_payments.csv",
        """\
id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Amount Refunded,\
Converted Currency,Decline Reason,Description,Fee,Refunded date (UTC),Status,Customer ID,Customer Email,Invoice ID
ch_1,2026-07-10 22:37:41,"1,061.86",0.00,eur,true,"4,300.25",0.00,sar,,Plan,33.65,,Paid,cus_1,a@example.com,
ch_2,2026-07-09 19:48:17,20000,5000,jpy,true,500.00,125.00,sar,,Plan,9.24,2026-07-11 10:00:00,Paid,cus_2,,
ch_3,2026-07-09 19:20:22,50.00,50.00,usd,true,187.50,187.50,sar,,Plan,9.40,2026-07-12 10:00:00,Refunded,cus_1,\
a@example.com,
ch_4,2026-07-09 15:54:02,50.00,0.00,usd,false,187.50,0.00,sar,generic_decline,Plan,0.00,,Failed,cus_3,c@example.com,
ch_5,2026-07-09 15:55:02,50.00,0.00,usd,false,187.50,0.00,sar,,Plan,0.00,,Paid,cus_3,c@example.com,
""",
        {"left_out": 3, "quarantined": 0, "amount_cents": [430025, 37500],
         "customer_id": ["a@example.com", "cus_2"],
         "at": ["2026-07-11 01:37:41", "2026-07-09 22:48:17"]},
    ),
    "stripe-payments-plain": (
        "payments.csv",
        """\
id,Description,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID
py_1,Plan,2026-07-10 18:37,61.86,1.86,sar,Paid,cus_1
py_2,Plan,2026-07-10 18:38,61.86,0.00,sar,Failed,cus_2
""",
        {"left_out": 1, "quarantined": 0, "amount_cents": [6000], "at": ["2026-07-10 21:37:00"]},
    ),
    "paypal-activity": (
        "Download.CSV",
        '''\
"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address",\
"To Email Address","Transaction ID","Reference Txn ID","Balance","Balance Impact"
"03/04/2026","14:30:00","PST","Ana","Express Checkout Payment","Completed","SAR","1,500.00","-58.80","1,441.20",\
"Ana@example.com","shop@example.com","T1","","1,441.20","Credit"
"03/05/2026","09:00:00","GMT+03:00","Ana","Payment Refund","Completed","SAR","-500.00","0.00","-500.00",\
"shop@example.com","ana@example.com","T2","T1","941.20","Debit"
"03/06/2026","09:00:00","PST","","General Withdrawal","Completed","SAR","-900.00","0.00","-900.00","","","T3","",\
"41.20",\
"Debit"
"03/07/2026","09:00:00","PST","Ben","Express Checkout Payment","Pending","SAR","5.00","-0.40","4.60","b@example.com",\
"",\
"T4","","41.20","Memo"
"03/08/2026","09:00:00","PST","Ben","Account Hold for Open Authorization","Completed","SAR","-5.00","0.00","-5.00","",\
"",\
"T5","","36.20","Debit"
"03/09/2026","09:00:00","PDT","Host","PreApproved Payment Bill User Payment","Completed","SAR","-12.00","0.00",\
"-12.00",\
"shop@example.com","host@example.com","T6","","24.20","Debit"
''',
        {"left_out": 4, "quarantined": 0, "amount_cents": [150000, -50000], "customer_id": ["ana@example.com"] * 2,
         "at": ["2026-03-05 01:30:00", "2026-03-05 09:00:00"]},
    ),
    "square-transactions": (
        "transactions-2026-09.csv",
        """\
Date,Time,Time Zone,Gross Sales,Discounts,Service Charges,Net Sales,Gift Card Sales,Tax,Tip,Partial Refunds,\
Total Collected,Source,Card,Fees,Net Total,Transaction ID,Payment ID,Event Type,Location,Customer ID,Customer Name,\
Transaction Status
2026-09-13,10:02:11,Eastern Time (US & Canada),$30.00,-$3.00,$0.00,$27.00,$0.00,$2.16,$2.00,$0.00,"$1,031.16",\
Point of Sale,$31.16,-$0.93,$30.23,S1,P1,Payment,Main,CUST1,Dee,Complete
09/14/2026,2:30:00 PM,Eastern Time (US & Canada),-$12.00,$0.00,$0.00,-$12.00,$0.00,-$0.96,$0.00,$0.00,-$12.96,\
Point of Sale,-$12.96,$0.00,-$12.96,S2,P2,Refund,Main,CUST1,Dee,
2026-09-13,11:40:00,Eastern Time (US & Canada),$12.00,$0.00,$0.00,$12.00,$0.00,$0.96,$0.00,$0.00,$12.96,\
Point of Sale,$12.96,-$0.46,$12.50,S3,P3,Payment,Main,,,Complete
""",
        {"left_out": 1, "quarantined": 0, "amount_cents": [386685, -4860],
         "at": ["2026-09-13 10:02:11", "2026-09-14 14:30:00"], "own": {"currency": "USD"}},
    ),
    "magento-orders": (
        "export.csv",
        """\
ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total (Purchased),Status,\
Billing Address,Customer Email,Subtotal,Total Refunded
000000001,Main,"Mar 5, 2026 1:05:09 PM",Amal,Amal,"1,250.5000","1,250.5000",Complete,x,Amal@example.com,1200.0000,\
50.2500
000000002,Main,2026-03-06 09:00:00,Badr,Badr,375.0000,100.0000,Processing,x,badr@example.com,90.0000,20.0000
000000003,Main,2026-03-07 09:00:00,Cyra,Cyra,80.0000,80.0000,Canceled,x,cyra@example.com,80.0000,
""",
        {"left_out": 1, "quarantined": 0, "amount_cents": [120025, 30000], "transaction_id": ["000000001", "000000002"],
         "at": ["2026-03-05 13:05:09", "2026-03-06 09:00:00"]},
    ),
    "zendesk-tickets": (
        "tickets.csv",
        """\
Summation column,Id,Requester,Requester id,Requester external id,Requester email,Subject,Status,Priority,Via,\
Ticket type,\
Created at,Updated at,Solved at,Resolution time,Satisfaction Score,First reply time in minutes
1,501,Amal,9001,,Amal@example.com,Where is it?,Closed,Normal,Mail,Question,2026-01-05 09:00,2026-01-06 09:00,\
2026-01-06 08:30,24,Good,45
2,502,Badr,9002,,,Broken,Open,High,Web form,Problem,2026-01-07 10:00,2026-01-07 10:00,,,Not offered,
""",
        {"left_out": 0, "quarantined": 0, "customer_id": ["amal@example.com", "9002"],
         "opened_at": ["2026-01-05 09:00:00", "2026-01-07 10:00:00"],
         "first_response_at": ["2026-01-05 09:45:00", None], "closed_at": ["2026-01-06 08:30:00", None]},
    ),
    "freshdesk-tickets": (
        "tickets.csv",
        """\
Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by Time,Resolved time,Closed time,\
Last update time,Initial response time,Tags,Full name,Email,Contact ID
1,Late,Closed,Low,Email,Question,X,Y,2026-01-05 09:00:00,,2026-01-06 08:30:00,2026-01-08 08:30:00,,\
2026-01-05 09:45:00,,Amal,amal@example.com,77
2,Broken,Open,Low,Portal,,X,Y,2026-01-07 10:00:00,,,,,,,Badr,,78
""",
        {"left_out": 0, "quarantined": 0, "customer_id": ["amal@example.com", "78"],
         "closed_at": ["2026-01-06 08:30:00", None], "first_response_at": ["2026-01-05 09:45:00", None]},
    ),
    "intercom-conversations": (
        "conversations.csv",
        """\
Conversation ID,Conversation started at (America/New_York),Updated at (America/New_York),Started by,Channel,\
Current conversation state,User email,Title,AI Topic,First response time (seconds)
c1,2026-01-05 09:00:00,2026-01-05 10:00:00,Customer,Email,Closed,Amal@example.com,Late,Billing,120
c2,2026-07-05 22:00:00,2026-07-05 23:00:00,Customer,Chat,Open,,,,
""",
        {"left_out": 0, "quarantined": 0, "customer_id": ["amal@example.com", None],
         "opened_at": ["2026-01-05 17:00:00", "2026-07-06 05:00:00"],
         "first_response_at": ["2026-01-05 17:02:00", None]},
    ),
    "qualtrics-responses": (
        "survey.csv",
        f"""\
StartDate,EndDate,Status,Finished,RecordedDate,ResponseId,ExternalReference,RecipientEmail,UserLanguage,Q7,\
Q7_NPS_GROUP,Q8
Start Date,End Date,Response Type,Finished,Recorded Date,Response ID,External Data Reference,Recipient Email,\
User Language,"How likely are you
to recommend us?",How likely - Group,Why?
"{QUALTRICS_HEADER.replace('"', '""').replace('},{', '}","{')}"
2026-01-05 09:00:00,2026-01-05 09:02:00,0,1,2026-01-05 09:02:10,R_1,K1,,EN,10,3,Quick
2026-01-06 09:00:00,2026-01-06 09:02:00,0,1,2026-01-06 09:02:10,R_2,,B@example.com,AR,0,1,
2026-01-07 09:00:00,2026-01-07 09:02:00,1,1,2026-01-07 09:02:10,R_3,,,EN,5,1,a preview
""",
        {"left_out": 2, "quarantined": 0, "nps": [10, 0], "customer_id": ["K1", "b@example.com"],
         "language": ["EN", "AR"], "at": ["2026-01-05 09:02:10", "2026-01-06 09:02:10"]},
    ),
    "surveymonkey-responses": (
        "All responses.csv",
        """\
Respondent ID,Collector ID,Date Created,Date Modified,IP Address,Email Address,First Name,Last Name,Custom Data 1,\
How likely is it that you would recommend us to a friend?,How good is our,,What else?
,,,,,,,,,Response,Price,Service,Open-Ended Response
118000000001,430001,01/05/2026 09:00:00 PM,01/05/2026 09:02:10 PM,0.0.0.0,A@example.com,,,K1,10 - Extremely likely,4,\
5,Ok
118000000002,430001,01/06/2026 09:00:00 AM,01/06/2026 09:02:10 AM,0.0.0.0,,,,K2,Not at all likely - 0,1,2,
118000000003,430001,01/07/2026 09:00:00 AM,01/07/2026 09:02:10 AM,0.0.0.0,,,,,7,3,,
""",
        {"left_out": 0, "quarantined": 0, "nps": [10, 0, 7], "customer_id": ["a@example.com", "K2", None],
         "at": ["2026-01-05 21:02:10", "2026-01-06 09:02:10", "2026-01-07 09:02:10"]},
    ),
    "typeform-responses": (
        "responses.csv",
        """\
#,ما مدى احتمال أن توصي بنا لصديق؟,لماذا؟,email,Response Type,Start Date (UTC),Stage Date (UTC),Submit Date (UTC),\
Network ID,Tags,Ending
aaa,9,سريع,Amal@example.com,completed,2026-01-05 21:00:00,,2026-01-05 21:30:00,n1,,
bbb,3,,,started,2026-01-06 09:00:00,,,n2,,
ccc,0,,,completed,2026-01-06 09:00:00,,2026-01-06 09:02:00,n3,,
""",
        {"left_out": 1, "quarantined": 0, "nps": [9, 0], "customer_id": ["amal@example.com", None],
         "at": ["2026-01-06 00:30:00", "2026-01-06 12:02:00"]},
    ),
    "google-forms-responses": (
        "Feedback.csv",
        """\
Timestamp,Email Address,How likely are you to recommend us?,Why?
2026/09/07 3:00:00 PM GMT+3,Amal@example.com,10,Good
2026/09/08 11:30:05 AM GMT+5:30,badr@example.com,6,
""",
        {"left_out": 0, "quarantined": 0, "nps": [10, 6], "customer_id": ["amal@example.com", "badr@example.com"],
         "at": ["2026-09-07 15:00:00", "2026-09-08 09:00:05"]},
    ),
    "limesurvey-responses": (
        "results-survey.csv",
        """\
"Response ID","Date submitted","Last page","Start language","Seed","How likely are you to recommend us?"
"1","2026-01-05 09:00:00","3","ar","77","10"
"2","","1","en","78","2"
"3","1980-01-01 00:00:00","3","en","79","4"
""",
        {"left_out": 1, "quarantined": 0, "nps": [10, 4], "language": ["ar", "en"],
         "at": ["2026-01-05 09:00:00", None]},
    ),
    "hubspot-contacts": (
        "hubspot-crm-exports.csv",
        """\
Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Create Date,Lifecycle Stage,Country/Region
101,Amal,A,Amal@example.com,,x,NEW,2024-03-12 09:14,Customer,Saudi Arabia
102,Badr,B,,,x,,3/15/2024,Lead,
""",
        {"left_out": 0, "quarantined": 0, "customer_id": ["amal@example.com", "102"],
         "joined_on": ["2024-03-12 00:00:00", "2024-03-15 00:00:00"], "lifecycle_stage": ["Customer", "Lead"]},
    ),
    "salesforce-contacts": (
        "Contact.csv",
        '''\
"Id","IsDeleted","AccountId","LastName","FirstName","MailingCountry","Email","LeadSource","CreatedDate"
"0031","false","0011","A","Amal","Saudi Arabia","a@example.com","Web","2024-03-12T22:14:00.000Z"
"0032","true","0011","B","Badr","Saudi Arabia","b@example.com","Web","2024-03-12T09:14:00.000Z"
''',
        {"left_out": 1, "quarantined": 0, "customer_id": ["0031"], "joined_on": ["2024-03-13 00:00:00"]},
    ),
    "ga4-events": (
        "events.jsonl",
        '{"event_date":"20260105","event_timestamp":"1767646800000000","event_name":"session_start","event_params":'
        '[{"key":"ga_session_id","value":{"string_value":null,"int_value":"1767646800"}}],"user_id":"K1",'
        '"user_pseudo_id":"11.22"}\n'
        '{"event_date":"20260105","event_timestamp":"1767646805000000","event_name":"page_view","event_params":[],'
        '"user_id":null,"user_pseudo_id":"11.22"}\n'
        '{"event_date":"20260106","event_timestamp":"1767699000000000","event_name":"session_start","event_params":'
        '[{"key":"ga_session_id","value":{"int_value":"1767699000"}}],"user_pseudo_id":"33.44"}\n',
        {"left_out": 1, "quarantined": 0, "customer_id": ["K1", "33.44"],
         "session_id": ["11.22.1767646800", "33.44.1767699000"],
         "at": ["2026-01-06 00:00:00", "2026-01-06 14:30:00"]},
    ),
    "salla-orders": (
        "salla.csv",
        """\
رقم الطلب,حالة الطلب,تاريخ الطلب,اسم العميل,رقم الجوال,المدينة,طريقة الدفع,إجمالي الطلب
90001,تم التنفيذ,2026-02-01 10:00,أمل,966500000001,الرياض,مدى,١٬١٥٠٫٥٠
90002,ملغي,2026-02-02 10:00,بدر,966500000002,جدة,مدى,50
90003,تم التوصيل,2026-02-03 10:00,أمل,966500000001,الرياض,مدى,99.95
""",
        {"left_out": 1, "quarantined": 0, "amount_cents": [115050, 9995], "customer_id": ["966500000001"] * 2},
    ),
    "zid-orders": (
        "zid.csv",
        """\
رقم الطلب,اسم العميل,جوال العميل,حالة الطلب,تاريخ الإنشاء,المجموع,طريقة الدفع
7001,أمل,966500000001,مكتمل,2026-02-01 10:00:00,115.50 ر.س,مدى
7002,بدر,966500000002,ملغي,2026-02-02 10:00:00,50 ر.س,مدى
""",
        {"left_out": 1, "quarantined": 0, "amount_cents": [11550], "customer_id": ["966500000001"]},
    ),
}  # fmt: skip
