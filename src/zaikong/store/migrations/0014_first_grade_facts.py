"""What a first grade rests on is kept with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("zaikong", "0013_first_grade_open"),
    ]

    operations = [
        migrations.AddField(
            model_name="firstgrade",
            name="facts",
            field=models.JSONField(default=dict, help_text="facts and papers it was judged by", verbose_name="facts"),
        ),
        migrations.AddField(
            model_name="firstgrade",
            name="vetoes",
            field=models.JSONField(default=list, help_text="what holds the grade down", verbose_name="vetoes"),
        ),
    ]
