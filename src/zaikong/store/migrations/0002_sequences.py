"""Numbers taken in blocks by bulk writes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("zaikong", "0001_house")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE zaikong_transaction_number AS bigint;"
            "CREATE SEQUENCE zaikong_bill_number AS bigint;"
            "CREATE SEQUENCE zaikong_payment_number AS bigint;",
            "DROP SEQUENCE zaikong_transaction_number, zaikong_bill_number, zaikong_payment_number;",
        ),
    ]
